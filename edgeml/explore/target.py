"""The target of a search: a board with the kind of design that is made for it, or a microcontroller."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from edgeml import boards, mcus
from edgeml.boards import Board
from edgeml.designs import Design
from edgeml.errors import EdgemlError, unknown_name
from edgeml.estimate import designs
from edgeml.mcus import Mcu


class TargetKind(StrEnum):
    """The kinds of targets."""

    BOARD = "board"
    MCU = "mcu"


@dataclass(frozen=True)
class ExploreTarget:
    """The target of a search.

    Attributes:
        kind: of it.
        name: of the board or the microcontroller.
        design: the kind of design for a board; "" for a microcontroller, which runs the C.
    """

    kind: TargetKind
    name: str
    design: Design = ""

    @staticmethod
    def of(board: str, mcu: str, design: str, preset_board: str) -> ExploreTarget:
        """The target that a command names.

        Args:
            board: `--board`; "" for the preset's.
            mcu: `--mcu`; "" for none.
            design: `--design`; "" for the first kind of design.
            preset_board: the preset's own.

        Raises:
            EdgemlError: both are named, or there is no such board, microcontroller or design.
        """
        if board and mcu:
            raise EdgemlError("are two targets", "--board and --mcu", "explore for one of them at a time")
        if mcu:
            if design:
                raise EdgemlError("a microcontroller runs the C", "--design", "leave --design out")
            return ExploreTarget(TargetKind.MCU, mcus.load(mcu).name)
        kinds = designs()
        if design and design not in kinds:
            raise unknown_name("design", design, kinds, "--design")
        name = board or preset_board
        boards.load(name)
        return ExploreTarget(TargetKind.BOARD, name, design or kinds[0])

    @property
    def board(self) -> Board | None:
        """The board; None for a microcontroller."""
        return boards.load(self.name) if self.kind is TargetKind.BOARD else None

    @property
    def mcu(self) -> Mcu | None:
        """The microcontroller; None for a board."""
        return mcus.load(self.name) if self.kind is TargetKind.MCU else None

    @property
    def title(self) -> str:
        """Its name for people."""
        board = self.board
        return board.title if board is not None else self.name
