"""FPGA boards, described by `hw/boards/NAME.toml`. The folder is the registry: a new board is one new file.

board = boards.load("ulx3s-85f")                # a name of boards.names()
board = boards.load("my_board.toml")            # or a file of the user's

To add a board, write `hw/boards/NAME.toml` with its part, resources, clocks, pins and the sources of all of
them (`edgeml.boards.model` has every key).
"""

from __future__ import annotations

import os
from pathlib import Path

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
    usable_name,
)
from edgeml.errors import EdgemlError
from edgeml.folder import FileFolder
from edgeml.settings import parse_settings, read_toml

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
    path = Path(name)
    if path.suffix.lower() != ".toml" and path.parent == Path():
        path = _FOLDER.path(path.name)
    values = read_toml(path, "board file")
    if "name" in values:
        raise EdgemlError("unknown key 'name'", str(path), "remove it: the file name is the board's name")
    if not usable_name(path.stem):
        raise EdgemlError(
            f"a board takes the name of its file, and {path.stem!r} cannot be the name of a folder",
            str(path),
            "rename the file: letters, digits, -, _ and single dots, 64 at most, and .toml",
        )
    return parse_settings(Board, {**values, "name": path.stem}, str(path))
