"""gcc: compiles emitted C for this machine."""

from __future__ import annotations

from edgeml.tools._base import Tool

TOOL = Tool(
    name="gcc",
    summary="compiles emitted C for this machine, with sanitizers",
    system="apt-get install gcc",
    executables=("gcc",),
    version=("-dumpfullversion", "-dumpversion"),
    pattern=r"\d+(?:\.\d+)*",
)
