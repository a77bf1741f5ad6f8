"""A training that stops after some epochs and goes on later with the same weights.

A training saves its state at an interrupt, and its result does not depend on where it was interrupted. So a
pause is an interrupt that its progress makes, in the epoch behind the last one that is wanted: all that is to
be done at the end of an epoch is done then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgeml.pipeline.pool import JobTell
    from edgeml.training.progress import EpochRow


class Paused(KeyboardInterrupt):
    """The training has done the epochs that it was to do; its state is saved."""


class Pausing:
    """Progress of a training that ends it after so many epochs of quantization-aware training.

    Args:
        tell: takes lines, and "" as a sign of life.
        title: of the work.
        epochs: after which it stops; None: after the last one.
    """

    def __init__(self, tell: JobTell, title: str, epochs: int | None) -> None:
        self._tell, self._title, self._until = tell, title, epochs
        self._phase, self._done = "", 0

    def phase(self, name: str, epochs: int, done: int) -> None:
        """Begin a phase; stop if it is to be left out.

        Raises:
            Paused: its epochs are done.
        """
        self._phase, self._done = name, done
        self._tell(f"{self._title}: {'float baseline' if name == 'float' else 'quantization-aware'}")
        if self._reached:
            raise Paused

    def advance(self, fraction: float) -> None:
        """Give a sign of life; stop in the epoch behind the last one.

        Raises:
            Paused: its epochs are done.
        """
        if self._reached:
            raise Paused
        self._tell("")

    def epoch(self, row: EpochRow) -> None:
        """Count an epoch."""
        self._done = row.epoch

    @property
    def _reached(self) -> bool:
        return self._phase == "qat" and self._until is not None and self._done >= self._until
