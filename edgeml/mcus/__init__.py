"""Microcontrollers, described by `hw/mcus/NAME.toml`. The folder is the registry: a new one is one new file.

mcu = mcus.load("rp2040")                       # a name of mcus.names()
mcu = mcus.load("my_mcu.toml")                  # or a file of the user's

`cores` has the processor cores, one file each; `program` compiles a model for one, `emulate` runs it, and
`listing` takes it apart.

To add a microcontroller, write `hw/mcus/NAME.toml`: core, flash, RAM, clock and the sources of all of them.
"""

from __future__ import annotations

import os
from pathlib import Path

from edgeml.boards.model import usable_name
from edgeml.errors import EdgemlError
from edgeml.folder import FileFolder
from edgeml.mcus import cores
from edgeml.mcus.model import Mcu
from edgeml.settings import parse_settings, read_toml

__all__ = ["Mcu", "load", "names"]

_FOLDER = FileFolder("microcontroller", "hw/mcus", ".toml")


def names() -> tuple[str, ...]:
    """The microcontrollers that ship with edgeml, sorted."""
    return _FOLDER.names()


def load(name: str | os.PathLike[str]) -> Mcu:
    """A microcontroller.

    Args:
        name: one of `names()`, or the path of a .toml file with the same keys.

    Raises:
        EdgemlError: there is no such microcontroller or file, or the file has an unknown key, lacks one, or a
            value does not fit; with near matches.
    """
    path = Path(name)
    if str(name) in cores.names():
        own = [one for one in names() if load(one).core == name]
        raise EdgemlError(
            f"{str(name)!r} is a core, not a microcontroller",
            hint=f"with it: {', '.join(own) or 'none'}; or check on the core: edgeml check RUN --with {name}",
        )
    if path.suffix.lower() != ".toml" and path.parent == Path():
        path = _FOLDER.path(path.name)
    values = read_toml(path, "microcontroller file")
    if "name" in values:
        raise EdgemlError("unknown key 'name'", str(path), "remove it: the file name is the name")
    if not usable_name(path.stem):
        raise EdgemlError(
            f"a microcontroller takes the name of its file, and {path.stem!r} cannot be one",
            str(path),
            "rename the file: letters, digits, -, _ and single dots, 64 at most, and .toml",
        )
    return parse_settings(Mcu, {**values, "name": path.stem}, str(path))
