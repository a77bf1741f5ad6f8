"""The netlist of the board's top by Yosys, simulated with the vendor's cells: it does what the Verilog does.

Initial values, the memory's words in block RAM and everything else that synthesis may read otherwise than a
simulation is found here.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeml.synth.top.harness import HOST, PLAY
from edgeml.synth.top.simulate import BENCH, QUICK, RESET, bench, play, silence_bits, whole_board
from edgeml.tools import run, verilator
from tests.support import needs_tool
from tests.synth.top.cores import stream

pytestmark = [
    pytest.mark.tool,
    pytest.mark.slow,
    pytest.mark.skipif(bool(verilator.missing()), reason=verilator.missing() or "-"),
]

MAIN = f"""\
#include "Vdut.h"
#include "verilated.h"
static uint8_t WORDS[1];  // no memory to change in a netlist
{HOST}{PLAY}"""


# Yosys's models have timing in them, which Verilator leaves out; bits of a bus depend on each other.
QUIET = """\
`verilator_config
lint_off -rule TIMESCALEMOD
lint_off -rule SPECIFYIGN
lint_off -rule UNOPTFLAT
"""


def test_the_netlist_does_what_the_verilog_does(tmp_path: Path) -> None:
    """iCE40; Yosys has no model of ECP5's block RAM."""
    yosys, net = needs_tool("yosys"), stream(3)
    cells = Path(yosys).resolve().parent.parent / "share" / "yosys" / "ice40" / "cells_sim.v"
    if not cells.is_file():
        pytest.skip(f"Yosys's models of the cells are not at {cells}")
    (tmp_path / "quiet.vlt").write_text(QUIET)
    chosen, top = net.on("icebreaker", tmp_path)
    parameters = {"CLOCKS": QUICK, "TIMEOUT": silence_bits(net.manifest, top, QUICK), "RESET": RESET}
    settings = " ".join(f"-set {name} {value}" for name, value in parameters.items())
    script = [
        f"read_verilog {' '.join(top.sources(net.manifest))}",
        f"chparam {settings} edgeml_board",
        "synth_ice40 -top edgeml_board",
        "write_verilog -noattr netlist.v",
    ]
    run([yosys, "-p", "; ".join(script)], tmp_path, tmp_path / "log", 300.0)
    (tmp_path / "bench.v").write_text(bench(chosen, {}))
    sources = [tmp_path / "quiet.vlt", tmp_path / "netlist.v", cells, tmp_path / "bench.v"]
    program = verilator.simulation(sources, BENCH, MAIN)
    scenario = whole_board(net.manifest, chosen, top, net.golden, 3, QUICK)
    assert scenario.latency(play(program, tmp_path, scenario.script, QUICK)) == net.manifest.latency
