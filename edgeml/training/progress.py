"""What training tells while it works. Training never prints; who starts it decides what is shown.

Invariant: `phase` comes once before the epochs of a phase, `epoch` once after each epoch, also after a resume
for the epochs that remain.
"""

from __future__ import annotations

import time
from collections.abc import Callable
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


class Lines:
    """Tells in lines, for notebooks and logs: the begin of each phase, and an epoch at most every `pause` s.

    Args:
        tell: takes a line; `print` will do.
        pause: least seconds between two lines of epochs.
    """

    def __init__(self, tell: Callable[[str], None], pause: float = 2.0) -> None:
        self._tell = tell
        self._pause = pause
        self._next = 0.0
        self._title, self._epochs = "", 0

    def phase(self, name: str, epochs: int, done: int) -> None:
        """A line."""
        self._title = {"float": "float baseline", "qat": "quantization-aware training"}.get(name, name)
        self._epochs = epochs
        more = f", {done} of them are done" if done else ""
        self._tell(f"{self._title}: up to {epochs} epochs{more}")
        self._next = time.monotonic() + self._pause

    def advance(self, fraction: float) -> None:
        """Nothing: an epoch's end is soon enough."""

    def epoch(self, row: EpochRow) -> None:
        """A line, if the last one is some time ago."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._pause
        self._tell(
            f"{self._title}: epoch {row.epoch} of {self._epochs}, loss {row.loss:.4f}, "
            f"validation accuracy {row.val_accuracy:.4f}"
        )
