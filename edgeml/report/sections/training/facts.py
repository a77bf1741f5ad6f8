"""Facts of the training."""

from __future__ import annotations

from typing import ClassVar

from edgeml.documents import Record
from edgeml.report.section import RunPart, SectionFacts


class Epoch(Record):
    """One row of history.csv; a blank or non-finite cell is None."""

    phase: str
    epoch: int
    loss: float | None = None
    accuracy: float | None = None
    val_loss: float | None = None
    val_accuracy: float | None = None
    learning_rate: float | None = None


class CurveRow(RunPart):
    """The epochs of a run's last phase in a comparison."""

    curve: tuple[Epoch, ...] = ()


class TrainingFacts(SectionFacts):
    """Facts of the training.

    Attributes:
        history: a row per epoch and phase, in order.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("history",)

    history: tuple[Epoch, ...] = ()
