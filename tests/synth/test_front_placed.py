"""The surroundings in which both sides of the benchmark of fronts are placed and routed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.front_placed import NETWORK, TOP, ports, surroundings
from edgeml.tools import failure, run, verilator

_EDGEML = """
module other (input wire x);
endmodule
module net (
  input  wire         aclk,
  input  wire         aresetn,        // synchronous, input of one bit
  input  wire [11:0] s_axis_tdata,
  output wire         s_axis_tready,
  output wire [4:0] m_axis_tdata
);
  assign s_axis_tready = aresetn & aclk;
  assign m_axis_tdata = s_axis_tdata[11:7] ^ s_axis_tdata[4:0];
endmodule
"""
_DA4ML = """`timescale 1 ns / 1 ps

module model (
    input clk,
    input [5:0] model_inp,
    output reg [2:0] model_out
);
"""


def test_the_ports_of_both_sides_are_read() -> None:
    assert ports(_EDGEML, "net") == [
        ("input", 1, "aclk"),
        ("input", 1, "aresetn"),
        ("input", 12, "s_axis_tdata"),
        ("output", 1, "s_axis_tready"),
        ("output", 5, "m_axis_tdata"),
    ]
    assert ports(_DA4ML, "model") == [
        ("input", 1, "clk"),
        ("input", 6, "model_inp"),
        ("output", 3, "model_out"),
    ]


@pytest.mark.parametrize("text", ["", "module net;\nendmodule", "module nets (input x);"])
def test_a_text_without_the_module_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="no module net with a list of ports"):
        ports(text, "net")


def test_every_bit_has_a_register_of_its_own() -> None:
    text = surroundings("net", ports(_EDGEML, "net"), "aclk")
    wires = dict(re.findall(r"\.(\w+)\(([^)]*)\)", text))
    assert wires == {
        "aclk": "clk",
        "aresetn": "in[0:0]",
        "s_axis_tdata": "in[12:1]",
        "s_axis_tready": "out[0:0]",
        "m_axis_tdata": "out[5:1]",
    }
    assert "reg [12:0] in" in text
    assert "wire [5:0] out" in text
    assert f"(* keep_hierarchy *) net {NETWORK} (" in text


@pytest.mark.tool
def test_verilator_reads_it(tmp_path: Path) -> None:
    program = verilator.TOOL.find()
    if program is None:
        pytest.skip(f"Verilator is not installed: {verilator.TOOL.install}")
    (tmp_path / "net.v").write_text(_EDGEML)
    (tmp_path / "top.v").write_text(surroundings("net", ports(_EDGEML, "net"), "aclk"))
    words = [program.path, "--lint-only", "-Wall", "-Wno-DECLFILENAME", "-Wno-UNUSEDSIGNAL", "-Wno-MULTITOP"]
    done = run(
        [*words, "--top-module", TOP, "top.v", "net.v"],
        tmp_path, tmp_path / "log", 120.0, program.environment, check=False,
    )  # fmt: skip
    assert done.code == 0, failure(done)
