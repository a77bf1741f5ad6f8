"""Quartus Prime: Altera's synthesis and place and route."""

from __future__ import annotations

from edgeml.tools._base import Tool

TOOL = Tool(
    name="quartus",
    summary="synthesis and place and route for Altera FPGAs",
    system="install Quartus Prime from altera.com and put its bin folder on PATH",
    executables=("quartus_sh",),
    pattern=r"Version\s+([\w.]+)",
)
