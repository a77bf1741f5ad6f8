"""What training tells while it works. Training never prints; who starts it decides what is shown.

Invariant: `phase` comes once before the epochs of a phase, `epoch` once after each epoch, also after a resume
for the epochs that remain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class EpochRow:
    """One line of history.csv.

    Args:
        phase: "float" or "qat".
        epoch: from 1.
        learning_rate: Adam's rate in this epoch.
        loss: mean cross-entropy over the training samples while they were trained on.
        accuracy: fraction of them that were classified rightly, 0 to 1.
        val_loss: mean cross-entropy over the validation part after the epoch.
        val_accuracy: the same for accuracy.
    """

    phase: str
    epoch: int
    learning_rate: float
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float


class Progress(Protocol):
    """Told what happens; must not change anything."""

    def phase(self, name: str, epochs: int, done: int) -> None:
        """A phase begins.

        Args:
            name: "float" or "qat".
            epochs: most epochs it can take; early stopping may take fewer.
            done: epochs that an interrupted run had already done.
        """

    def advance(self, fraction: float) -> None:
        """`fraction` of the current epoch's samples are done, 0 to 1; several times in a long epoch."""

    def epoch(self, row: EpochRow) -> None:
        """An epoch is done."""


class Silent:
    """Shows nothing."""

    def phase(self, name: str, epochs: int, done: int) -> None:
        """Nothing."""

    def advance(self, fraction: float) -> None:
        """Nothing."""

    def epoch(self, row: EpochRow) -> None:
        """Nothing."""
