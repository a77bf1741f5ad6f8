"""The checkpoints of one training that no other beats in validation figures and cost of hardware.

RUN/front/front.json lists them, the cheapest first; RUN/front/EPOCH.npz has the weights of each.

Invariant: no checkpoint that is listed is beaten by another, and the weights of each are there. A training
that goes on after an interruption trains the epochs since its last saved state again, to the same weights, so
that it ends with the same front.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from edgeml.datasets import Array
from edgeml.documents import Document, Record
from edgeml.errors import EdgemlError
from edgeml.files import write_atomic
from edgeml.ir.saved import read_npz
from edgeml.presets import BitPenalty

Unit = Literal["bit operations", "weights kept"]

_REMEDY = "train again with --overwrite"


class Checkpoint(Record):
    """The model after one epoch.

    Args:
        epoch: counted from 1.
        cost: of the hardware, in the unit of the front.
        strength: of the penalty on bit operations in that epoch; 0 without one.
        val_loss: on the validation part.
        val_accuracy: the same; None for a task without one.
    """

    epoch: int
    cost: float
    strength: float = 0.0
    val_loss: float
    val_accuracy: float | None = None

    @property
    def quality(self) -> float:
        """Validation accuracy, or the negated validation loss."""
        return -self.val_loss if self.val_accuracy is None else self.val_accuracy

    def beats(self, other: Checkpoint) -> bool:
        """True if it is at least as good as the other in both figures; of equals the later one is."""
        return self.quality >= other.quality and self.cost <= other.cost


class FrontFile(Document):
    """front.json.

    Args:
        unit: of the checkpoints' costs.
        points: the checkpoints, the cheapest first.
    """

    what: ClassVar[str] = "front of checkpoints"
    remedy: ClassVar[str] = _REMEDY
    schema_: Literal[1] = Field(default=1, alias="schema")
    unit: Unit = "bit operations"
    points: tuple[Checkpoint, ...] = ()


class Front:
    """The front in a folder, which is there once it has a checkpoint.

    Args:
        folder: RUN/front.
        unit: of a front that begins.

    Raises:
        EdgemlError: front.json is damaged.
    """

    def __init__(self, folder: Path, unit: Unit = "bit operations") -> None:
        self.folder = folder
        content = FrontFile.read(self._file) if self._file.is_file() else FrontFile(unit=unit)
        self.unit: Unit = content.unit
        self.points = content.points

    @property
    def _file(self) -> Path:
        return self.folder / "front.json"

    @property
    def count(self) -> str:
        """The number of checkpoints in words."""
        return f"{len(self.points)} checkpoint{'' if len(self.points) == 1 else 's'}"

    def _weights_file(self, point: Checkpoint) -> Path:
        return self.folder / f"{point.epoch}.npz"

    def offer(self, point: Checkpoint, weights: Sequence[Array]) -> bool:
        """Keep a checkpoint unless another beats it; those that it beats go.

        Args:
            point: its figures.
            weights: the values of all variables of the model.

        Returns:
            True if it is kept.

        Raises:
            EdgemlError: it cannot be written.
        """
        others = [other for other in self.points if other.epoch != point.epoch]
        beaten = [other for other in others if point.beats(other)]
        rest = [other for other in others if other not in beaten]
        if any(other.beats(point) for other in rest):
            return False
        buffer = io.BytesIO()
        np.savez(buffer, *weights)
        write_atomic(self._weights_file(point), buffer.getvalue())
        self.points = tuple(sorted([*rest, point], key=lambda each: each.cost))
        FrontFile(unit=self.unit, points=self.points).write(self._file)
        for other in beaten:
            self._weights_file(other).unlink(missing_ok=True)
        return True

    def weights(self, point: Checkpoint) -> list[Array]:
        """The values of all variables of the model.

        Raises:
            EdgemlError: the file is missing or damaged.
        """
        arrays = read_npz(self._weights_file(point), "checkpoint of a front")
        return [arrays[f"arr_{index}"] for index in range(len(arrays))]

    def chosen(self, penalty: BitPenalty) -> Checkpoint:
        """The checkpoint that is taken as the model, see `BitPenalty`.

        Raises:
            EdgemlError: there is none, or none of the number that is asked for.
        """
        if not self.points:
            raise EdgemlError("has no checkpoint", str(self.folder), _REMEDY)
        if penalty.pick > len(self.points):
            raise EdgemlError(
                f"has {self.count}, number {penalty.pick} is asked for",
                str(self.folder),
                f"pick one from 1 to {len(self.points)}",
            )
        if penalty.pick:
            return self.points[penalty.pick - 1]
        if self.unit == "weights kept":
            return self.points[0]  # the best of those in which all is pruned that was asked for
        best = max(point.quality for point in self.points)
        least = best - penalty.max_accuracy_loss * (1.0 if best >= 0 else -best)
        return next(point for point in self.points if point.quality >= least)
