"""The clock that a design is made for; a slower one takes fewer registers, a faster one more."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.boards.target import TargetRequest, resolve
from edgeml.explore.knob import ChoiceBounds, Dimension, Knob, SpaceInput

_SHARES = (0.25, 0.5, 0.75, 1.0)


class Clock(Knob):
    """Shares of the clock of preset or board; a faster one is tried where a range says so."""

    title = "clock in MHz"

    def dimensions(self, at: SpaceInput, bounds: ChoiceBounds | None) -> Iterator[Dimension]:
        board = at.target.board
        if board is None:
            return
        own = resolve(TargetRequest(board, at.choices.targets.clock_mhz)).clock_mhz
        choices = [round(share * own, 3) for share in _SHARES]
        yield Dimension.of_key(
            "clock", "targets.clock_mhz", bounds.among(choices) if bounds else choices, own
        )


KNOB = Clock()
