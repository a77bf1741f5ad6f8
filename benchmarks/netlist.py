"""A design of the benchmarks through Yosys: the network alone, its ports not bound to pins."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.designs import Design
from edgeml.backends.verilog import BACKEND
from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.families import load
from edgeml.tools import yosys

PASSES = {"ecp5": "", "xilinx7": "-noiopad -noclkbuf", "ice40": ""}
"""The families, and options for ports that do not go to pins."""


def netlist(
    design: Design, family: str, seconds: float = 1800.0
) -> tuple[yosys.Synthesized, VerilogManifest]:
    """Synthesize.

    Args:
        design: what, and how it is laid out.
        family: one of `PASSES`, a name of `edgeml.families`.
        seconds: time limit.

    Returns:
        The cells, whose netlist and log are gone by then, and the Verilog's manifest.
    """
    with tempfile.TemporaryDirectory(prefix="edgeml-netlist-") as name:
        source = Path(name) / "verilog"
        BACKEND.emit(design.graph, BACKEND.options(design.options)).write(source)
        manifest = VerilogManifest.read(source)
        synthesized = yosys.synthesize(
            [source / file for file in manifest.files],
            manifest.top,
            f"{load(family).mapping.passes} {PASSES[family]}".strip(),
            Path(name) / "synthesis",
            seconds=seconds,
        )
    return synthesized, manifest
