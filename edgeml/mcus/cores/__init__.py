"""Processor cores of microcontrollers: one file each, found by the file's name.

core = cores.load("cortex-m4")                  # a name of cores.names()

To add a core, write `edgeml/mcus/cores/NAME.py` with `CORE = McuCore(...)`.
"""

from __future__ import annotations

from edgeml.errors import unknown_name
from edgeml.folder import ModuleFolder
from edgeml.mcus.cores._base import Area, InstructionClass, McuCore, Timing

__all__ = ["Area", "InstructionClass", "McuCore", "Timing", "load", "names"]

_FOLDER = ModuleFolder("core", __name__)


def names() -> tuple[str, ...]:
    """The names of all cores, sorted."""
    return tuple(sorted(name.replace("_", "-") for name in _FOLDER.names()))


def load(name: str) -> McuCore:
    """The description of one core.

    Raises:
        EdgemlError: there is none of that name (near matches are given), or its file lacks `CORE`.
    """
    if name not in names():
        raise unknown_name("core", name, names())
    return _FOLDER.declared(name.replace("-", "_"), "CORE", McuCore)
