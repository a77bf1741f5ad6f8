"""FPGA boards, described by `hw/boards/NAME.toml`. The folder is the registry: a new board is one new file.

board = boards.load("ulx3s-85f")                # a name of boards.names()
board = boards.load("my_board.toml")            # or a file of the user's

To add a board, write `hw/boards/NAME.toml` with its part, resources, clocks, pins and the sources of all of
them (`edgeml.boards.model` has every key).
"""

from __future__ import annotations

import os

from edgeml.boards.model import (
    Board,
    BoardClock,
    Flow,
    Hls4mlSupport,
    Leds,
    Pin,
    Pins,
    Resources,
    Source,
    described,
)
from edgeml.folder import FileFolder

__all__ = [
    "Board",
    "BoardClock",
    "Flow",
    "Hls4mlSupport",
    "Leds",
    "Pin",
    "Pins",
    "Resources",
    "Source",
    "load",
    "names",
]

_FOLDER = FileFolder("board", "hw/boards", ".toml")


def names() -> tuple[str, ...]:
    """The boards that ship with edgeml, sorted."""
    return _FOLDER.names()


def load(name: str | os.PathLike[str]) -> Board:
    """A board.

    Args:
        name: one of `names()`, or the path of a .toml file with the same keys.

    Raises:
        EdgemlError: there is no such board or file, or the file has an unknown key, lacks one, or a value
            does not fit; with near matches.
    """
    return described(_FOLDER, name, Board)
