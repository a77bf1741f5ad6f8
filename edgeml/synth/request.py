"""The request of a synthesis: settings, goal and last step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from edgeml import families
from edgeml.boards import Board
from edgeml.errors import EdgemlError
from edgeml.estimate import Goal

Until = Literal["synthesis", "place", "bitstream"]
UNTIL: tuple[Until, ...] = ("synthesis", "place", "bitstream")


@dataclass(frozen=True)
class Request:
    """The request of a synthesis.

    Args:
        clock_mhz: to design for; None: the run's, or the board's.
        until: the last step; None: as far as the board's flow goes.
        seed: of the placement.
        settings: options of the Verilog back end; clock_mhz among them takes the place of the flow's choice.
        seconds: time limit of each program.
        goal: bounds that the layout has to meet; None: the layout follows from the settings.
    """

    clock_mhz: float | None = None
    until: Until | None = None
    seed: int = 1
    settings: Mapping[str, Any] | None = None
    seconds: float = 7200.0
    goal: Goal | None = None


def last_step(board: Board, family: families.Family | None, until: Until | None) -> Until:
    """The last step: the requested one, or the last of the board's flow.

    Raises:
        EdgemlError: open tools do not go so far on this board.
    """
    flow = family.open if family is not None and board.flow.is_open else None
    most: Until = "synthesis" if flow is None else "bitstream" if flow.packer else "place"
    if until is None:
        return most
    if UNTIL.index(until) > UNTIL.index(most):
        raise EdgemlError(
            f"its flow is {board.flow.value}: open tools go no further than {most}",
            board.name,
            f"--until {most}; the vendor's tool does the rest",
        )
    return until
