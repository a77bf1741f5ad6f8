"""Vivado: AMD's synthesis and place and route."""

from __future__ import annotations

from edgeml.tools._base import Tool

TOOL = Tool(
    name="vivado",
    summary="synthesis and place and route for AMD FPGAs",
    system="install Vivado from amd.com and source its settings64.sh",
    executables=("vivado",),
    version=("-version",),
    pattern=r"v(\d{4}\.\d+[\w.]*)",
)
