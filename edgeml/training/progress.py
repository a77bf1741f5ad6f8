"""Progress of a training as events. Training never prints; its caller decides what is shown.

Invariant: `phase` comes once before the epochs of a phase, `epoch` once after each epoch, also after a resume
for the epochs that remain.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class EpochRow:
    """One line of history.csv.

    Args:
        phase: "float" or "qat".
        epoch: from 1.
        learning_rate: the optimizer's rate in this epoch.
        loss: mean loss over the training samples while they were trained on.
        accuracy: fraction of them that were classified rightly, 0 to 1, with several labels the fraction of
            labels; None for tasks whose results are numbers.
        val_loss: mean loss over the validation part after the epoch, every sample counted alike.
        val_accuracy: the same for accuracy.
        monitored: the figure of the task that early stopping watches; None if it watches one of the above.
        metrics: those of `training.metrics` on the validation part after the epoch, by "val_" and name.
    """

    phase: str
    epoch: int
    learning_rate: float
    loss: float
    accuracy: float | None
    val_loss: float
    val_accuracy: float | None
    monitored: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The validation result in words."""
        if self.val_accuracy is None:
            return f"validation loss {self.val_loss:.4g}"
        return f"validation accuracy {self.val_accuracy:.4f}"


class TrainingProgress(Protocol):
    """Receives the events of a training; it must not change model or data."""

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


class SilentProgress:
    """Ignores every event."""

    def phase(self, name: str, epochs: int, done: int) -> None:
        """Do nothing."""

    def advance(self, fraction: float) -> None:
        """Do nothing."""

    def epoch(self, row: EpochRow) -> None:
        """Do nothing."""


class LineProgress:
    """Writes lines, for notebooks and logs: the begin of each phase, and an epoch at most every `pause` s.

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
        """Write a line."""
        self._title = {"float": "float baseline", "qat": "quantization-aware training"}.get(name, name)
        self._epochs = epochs
        more = f", {done} of them are done" if done else ""
        self._tell(f"{self._title}: up to {epochs} epochs{more}")
        self._next = time.monotonic() + self._pause

    def advance(self, fraction: float) -> None:
        """Do nothing: lines come once per epoch."""

    def epoch(self, row: EpochRow) -> None:
        """Write a line, if the last one is at least `pause` seconds old."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._pause
        self._tell(f"{self._title}: epoch {row.epoch} of {self._epochs}, loss {row.loss:.4f}, {row.shown}")
