"""Programs that edgeml may use: one file each. The only package that starts processes.

`names()` lists the files, `load(name)` gives one, `find(name)` looks for it on this machine and `need(name)`
insists. `process.run` runs a program with a time limit and a log.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from edgeml.errors import MissingToolError, unknown_name

if TYPE_CHECKING:
    from edgeml.tools.base import Found, Tool

_HELPERS = ("base", "cache", "place", "process")


def names() -> tuple[str, ...]:
    """The names of all tools, sorted."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in _HELPERS))


def load(name: str) -> Tool:
    """The description of one tool.

    Raises:
        EdgemlError: there is none of that name; near matches are given.
    """
    if name not in names():
        raise unknown_name("tool", name, names())
    return importlib.import_module(f"{__name__}.{name}").TOOL


def find(name: str) -> Found | None:
    """The tool on this machine, or None.

    Raises:
        EdgemlError: edgeml knows no tool of that name.
    """
    return load(name).find()


def need(name: str) -> Found:
    """The tool on this machine.

    Raises:
        MissingToolError: it is not there; says how to get it.
    """
    tool = load(name)
    found = tool.find()
    if found is None:
        raise MissingToolError(f"{name} is not installed", tool.summary, tool.install)
    return found
