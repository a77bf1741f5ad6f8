"""The state of an interrupted training: everything that it needs to go on, in one .npz without pickles.

Invariant: a training continued from its state ends with the same weights, bit for bit, as one that was never
interrupted. The order of samples is no part of the state: it depends on seed, phase and epoch alone.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from edgeml.datasets import Array
from edgeml.documents import Document
from edgeml.files import write_atomic
from edgeml.ir.saved import read_npz
from edgeml.reading import refusing
from edgeml.training.progress import EpochRow


@dataclass(frozen=True)
class TrainingState:
    """A training between two epochs.

    Args:
        phase: "float" or "qat".
        rate: learning rate of the next epoch.
        best_epoch: the epoch of `best`; 0 before the first.
        best_accuracy: validation accuracy of that epoch, or its score for early stopping; 0 without either.
        best_loss: validation loss of that epoch; decides between equal accuracies.
        plateau: epochs since the last one that was better, or since the rate was halved.
        rows: all epochs so far.
        weights: all of the model's variables.
        optimizer: all of the optimizer's variables.
        best: the model's variables after the best epoch.
    """

    phase: str
    rate: float
    best_epoch: int = 0
    best_accuracy: float = -1.0
    best_loss: float = float("inf")
    plateau: int = 0
    rows: tuple[EpochRow, ...] = ()
    weights: Sequence[Array] = field(default=(), repr=False)
    optimizer: Sequence[Array] = field(default=(), repr=False)
    best: Sequence[Array] = field(default=(), repr=False)

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return len(self.rows)

    def after(
        self,
        row: EpochRow,
        weights: Sequence[Array],
        optimizer: Sequence[Array],
        score: float | None = None,
    ) -> TrainingState:
        """The state after one more epoch, the learning rate still that of this epoch.

        Args:
            row: the epoch.
            weights: the model's variables.
            optimizer: the optimizer's.
            score: decides which epoch is the best, before the loss; None: the accuracy does.
        """
        accuracy = row.val_accuracy or 0.0  # of a task without one, the loss decides alone
        accuracy = accuracy if score is None else score
        better = (accuracy, -row.val_loss) > (self.best_accuracy, -self.best_loss) or not self.best_epoch
        state = replace(
            self, plateau=self.plateau + 1, rows=(*self.rows, row), weights=weights, optimizer=optimizer
        )
        if not better:
            return state
        return replace(
            state,
            best_epoch=row.epoch,
            best_accuracy=accuracy,
            best_loss=row.val_loss,
            plateau=0,
            best=weights,
        )


_ARRAYS = ("weights", "optimizer", "best")


class _Figures(Document):
    """All of a state but its arrays; a loss of None stands for that before the first epoch, infinity."""

    what: ClassVar[str] = "state of a training"
    remedy: ClassVar[str] = "delete it to start this phase of the training again"

    schema_: Literal[1] = Field(default=1, alias="schema")
    phase: str
    rate: float
    best_epoch: int
    best_accuracy: float
    best_loss: float | None
    plateau: int
    rows: tuple[EpochRow, ...]


def save_state(path: Path, state: TrainingState) -> None:
    """Write a state atomically.

    Raises:
        EdgemlError: it cannot be written.
    """
    figures = _Figures(
        phase=state.phase,
        rate=state.rate,
        best_epoch=state.best_epoch,
        best_accuracy=state.best_accuracy,
        best_loss=state.best_loss if math.isfinite(state.best_loss) else None,
        plateau=state.plateau,
        rows=state.rows,
    )
    arrays: dict[str, Any] = {
        f"{group}.{index}": array for group in _ARRAYS for index, array in enumerate(getattr(state, group))
    }
    buffer = io.BytesIO()
    np.savez(buffer, document=np.frombuffer(figures.to_json().encode(), np.uint8), **arrays)
    write_atomic(path, buffer.getvalue())


def load_state(path: Path) -> TrainingState:
    """Read the state that `save_state` wrote.

    Raises:
        EdgemlError: the file is missing, damaged, or was written by another version.
    """
    arrays = read_npz(path, _Figures.what)
    with refusing(path, "malformed", _Figures.remedy):
        figures = _Figures.parse(arrays.pop("document").tobytes(), path)
        groups: dict[str, Any] = {
            group: [
                arrays[f"{group}.{index}"]
                for index in range(sum(key.startswith(f"{group}.") for key in arrays))
            ]
            for group in _ARRAYS
        }
        return TrainingState(
            figures.phase,
            figures.rate,
            figures.best_epoch,
            figures.best_accuracy,
            math.inf if figures.best_loss is None else figures.best_loss,
            figures.plateau,
            figures.rows,
            **groups,
        )
