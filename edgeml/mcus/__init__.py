"""Microcontrollers, described by `hw/mcus/NAME.toml`. The folder is the registry: a new one is one new file.

mcu = mcus.load("rp2040")                       # a name of mcus.names()
mcu = mcus.load("my_mcu.toml")                  # or a file of the user's

`cores` has the processor cores, one file each; `program` compiles a model for one, `emulate` runs it, and
`listing` takes it apart.

To add a microcontroller, write `hw/mcus/NAME.toml`: core, flash, RAM, clock and the sources of all of them.
"""

from __future__ import annotations

import os

from edgeml.boards.model import described
from edgeml.errors import EdgemlError
from edgeml.folder import FileFolder
from edgeml.mcus import cores
from edgeml.mcus.model import Mcu

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
    if str(name) in cores.names():
        own = [one for one in names() if load(one).core == name]
        raise EdgemlError(
            f"{str(name)!r} is a core, not a microcontroller",
            hint=f"with it: {', '.join(own) or 'none'}; or check on the core: edgeml check RUN --with {name}",
        )
    return described(_FOLDER, name, Mcu)
