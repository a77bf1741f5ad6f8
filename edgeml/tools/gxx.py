"""g++: compiles C simulations."""

from __future__ import annotations

from edgeml.tools._base import Tool

TOOL = Tool(
    name="gxx",
    summary="compiles hls4ml's C simulation",
    system="apt-get install g++",
    executables=("g++",),
    version=("-dumpfullversion", "-dumpversion"),
    pattern=r"\d+(?:\.\d+)*",
)
