"""Programs that edgeml may use: one file each. The only package that starts processes.

`names()` lists the files, `load(name)` gives one, `find(name)` looks for it on this machine and `need(name)`
insists. `run` runs a program with a time limit and a log.

To add a tool, write `edgeml/tools/NAME.py` with `TOOL = Tool(...)`: executables, version, ways to install it.
"""

from __future__ import annotations

from edgeml.errors import MissingToolError
from edgeml.folder import ModuleFolder
from edgeml.tools._base import InstalledTool, Tool, version_number
from edgeml.tools._breaking import refusal, stop
from edgeml.tools._process import Completed, error_line, failure, read_log, run
from edgeml.tools._sanitizing import sanitizer_fault

__all__ = [
    "Completed",
    "InstalledTool",
    "Tool",
    "error_line",
    "failure",
    "find",
    "load",
    "names",
    "need",
    "read_log",
    "refusal",
    "run",
    "sanitizer_fault",
    "stop",
    "version_number",
]

_FOLDER = ModuleFolder("tool", __name__)


def names() -> tuple[str, ...]:
    """The names of all tools, sorted."""
    return _FOLDER.names()


def load(name: str) -> Tool:
    """The description of one tool.

    Raises:
        EdgemlError: there is none of that name (near matches are given), or its file lacks `TOOL`.
    """
    return _FOLDER.declared(name, "TOOL", Tool)


def find(name: str) -> InstalledTool | None:
    """The tool on this machine, or None.

    Raises:
        EdgemlError: edgeml knows no tool of that name.
    """
    return load(name).find()


def need(name: str) -> InstalledTool:
    """The tool on this machine.

    Raises:
        MissingToolError: it is not there; says how to get it.
    """
    tool = load(name)
    installed = tool.find()
    if installed is None:
        raise MissingToolError(f"{name} is not installed", tool.summary, tool.install)
    return installed
