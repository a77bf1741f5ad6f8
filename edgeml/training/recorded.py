"""history.csv while a training goes on, for those who watch it.

Invariant: what is written is whole; the training itself writes the file once more at the end of a phase.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from edgeml.errors import EdgemlError
from edgeml.training.history import read_history, write_history
from edgeml.training.progress import EpochRow, TrainingProgress

PAUSE = 1.0
"""Least seconds between two writes."""


class RecordedProgress:
    """Passes all events on and keeps history.csv no older than `PAUSE` seconds.

    Args:
        inner: is told of every event.
        path: of history.csv.
        before: the rows of earlier phases.
    """

    def __init__(self, inner: TrainingProgress, path: Path, before: Sequence[EpochRow]) -> None:
        self._inner, self._path, self._before = inner, path, before
        self._rows: list[EpochRow] = []
        self._written = 0.0

    def phase(self, name: str, epochs: int, done: int) -> None:
        """A phase begins; rows of its earlier part are kept."""
        if done:
            with suppress(EdgemlError):  # there is none of them
                self._rows = [
                    row for row in read_history(self._path) if row.phase == name and row.epoch <= done
                ]
        self._inner.phase(name, epochs, done)

    def advance(self, fraction: float) -> None:
        """A part of an epoch is done."""
        self._inner.advance(fraction)

    def epoch(self, row: EpochRow) -> None:
        """An epoch is done."""
        self._rows.append(row)
        if time.monotonic() - self._written > PAUSE:
            write_history(self._path, [*self._before, *self._rows])
            self._written = time.monotonic()
        self._inner.epoch(row)
