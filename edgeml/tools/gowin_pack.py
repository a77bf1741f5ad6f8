"""gowin_pack, of Project Apicula: the bitstream of a Gowin FPGA. Its version is its package's."""

from __future__ import annotations

from edgeml.tools._base import Tool

TOOL = Tool(
    name="gowin_pack",
    summary="bitstreams for Gowin",
    system="build Project Apicula",
    extra="gowin",
    executables=("gowin_pack",),
    pattern=r"[Vv]ersion\s+([\w.+-]+)",
    distribution="apycula",
)
