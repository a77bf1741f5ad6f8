"""clang: compiles emitted C for this machine, where gcc is missing."""

from __future__ import annotations

from edgeml.tools._base import Tool

TOOL = Tool(
    name="clang",
    summary="compiles emitted C for this machine where gcc is missing",
    system="apt-get install clang",
    executables=("clang",),
    version=("-dumpversion",),
    pattern=r"\d+(?:\.\d+)*",
)
