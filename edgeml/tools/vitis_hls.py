"""Vitis HLS (vitis-run from 2024.2 on) or its predecessor Vivado HLS: high-level synthesis for AMD FPGAs."""

from __future__ import annotations

from edgeml.tools._base import Tool

TOOL = Tool(
    name="vitis_hls",
    summary="high-level synthesis of hls4ml projects for AMD FPGAs",
    system="install Vitis from amd.com and source its settings64.sh",
    executables=("vitis-run", "vitis_hls", "vivado_hls"),
    version=("-version",),
    pattern=r"v?(\d{4}\.\d+[\w.]*)",
)
