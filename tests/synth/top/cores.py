"""Small networks in hand-written Verilog, good and bad ones, for the tests of a board's top module.

A sample is two values of 8 and 16 bits, or an image of pixels; the result is a fixed function of it that
Python computes as well. Every core comes with the manifest that it would have had.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from edgeml import boards
from edgeml.backends.verilog.manifest import Lanes, Stream, VerilogManifest
from edgeml.boards import Board
from edgeml.fixed import IntArray
from edgeml.synth.top import Top, emit
from edgeml.synth.vectors import Vectors

GRAPH = "0123456789abcdef" * 4

_PARALLEL = """\
// y0 = 3 x0 - x1 (16 bits), y1 = x0 + 1 (8 bits), three clocks later.
module net (
  input wire aclk, input wire aresetn,
  input wire [23:0] s_axis_tdata, input wire s_axis_tvalid, output wire s_axis_tready,
  output wire [23:0] m_axis_tdata, output wire m_axis_tvalid, input wire m_axis_tready,
  output wire m_axis_tlast
);
  wire ce;
  edgeml_pipe_control #(.STAGES(3)) u_control (.clk(aclk), .rst(~aresetn), .s_valid(s_axis_tvalid),
    .s_ready(s_axis_tready), .ce(ce), .m_valid(m_axis_tvalid), .m_ready(m_axis_tready));
  wire signed [15:0] x0 = {{8{s_axis_tdata[7]}}, s_axis_tdata[7:0]};
  wire signed [15:0] x1 = s_axis_tdata[23:8];
  wire [15:0] y0 = x0 + x0 + x0 - x1;
  wire [7:0] y1 = s_axis_tdata[7:0] + 8'd1;
  edgeml_delay #(.WIDTH(24), .CYCLES(3)) u_delay (.clk(aclk), .ce(ce), .d({y1, y0}), .q(m_axis_tdata));
  assign m_axis_tlast = 1'b1;
endmodule
"""

_STREAM = """\
// Six pixels of 8 bits in, the same plus 7 out, a beat each, and the next one follows at once.
module net (
  input wire aclk, input wire aresetn,
  input wire [7:0] s_axis_tdata, input wire s_axis_tvalid, output wire s_axis_tready,
  output wire [7:0] m_axis_tdata, output wire m_axis_tvalid, input wire m_axis_tready,
  output wire m_axis_tlast
);
  edgeml_skid #(.WIDTH(8)) u_skid (.clk(aclk), .rst(~aresetn), .s_data(s_axis_tdata + 8'd7),
    .s_valid(s_axis_tvalid), .s_ready(s_axis_tready),
    .m_data(m_axis_tdata), .m_valid(m_axis_tvalid), .m_ready(m_axis_tready));
  reg [2:0] place;
  assign m_axis_tlast = place == 3'd5;
  always @(posedge aclk)
    if (~aresetn) place <= 3'd0;
    else if (m_axis_tvalid & m_axis_tready) place <= m_axis_tlast ? 3'd0 : place + 3'd1;
endmodule
"""


@dataclass(frozen=True)
class Net:
    """Verilog, its manifest, golden vectors."""

    files: Mapping[str, str]
    manifest: VerilogManifest
    inputs: Mapping[str, IntArray]
    expected: Mapping[str, IntArray]

    @property
    def golden(self) -> Vectors:
        return Vectors(self.inputs, self.expected)

    def edited(self, old: str, new: str) -> Net:
        """With other Verilog."""
        assert old in self.files["net.v"]
        return replace(self, files={**self.files, "net.v": self.files["net.v"].replace(old, new)})

    def on(self, board: Board | str, folder: Path, **options) -> tuple[Board, Top]:
        """Written to a folder with the top for a board."""
        chosen = boards.load(board) if isinstance(board, str) else board
        top = emit(self.manifest, chosen, self.golden, **options)
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.files.items():
            (folder / name).write_text(text)
        top.files.write(folder)
        return chosen, top


def _rtl(*names: str) -> dict[str, str]:
    from edgeml.share import share_dir

    return {f"{name}.v": (share_dir("hw") / "rtl" / f"{name}.v").read_text() for name in names}


def parallel(samples: int = 12) -> Net:
    rng = np.random.default_rng(5)
    x = np.stack([rng.integers(-128, 128, samples), rng.integers(-3000, 3000, samples)])
    files = {"net.v": _PARALLEL, **_rtl("edgeml_pipe_control", "edgeml_delay")}
    source = Stream(
        port="s_axis",
        bits=24,
        beats=1,
        values=(
            Lanes(value="x0", shape=(1,), signed=True, width=8, frac=0, lane=8, offset=0, elements=1),
            Lanes(value="x1", shape=(1,), signed=True, width=13, frac=0, lane=16, offset=8, elements=1),
        ),
    )
    sink = Stream(
        port="m_axis",
        bits=24,
        beats=1,
        values=(
            Lanes(value="y0", shape=(1,), signed=True, width=16, frac=0, lane=16, offset=0, elements=1),
            Lanes(value="y1", shape=(1,), signed=True, width=8, frac=0, lane=8, offset=16, elements=1),
        ),
    )
    y1 = (x[0] + 1 + 128) % 256 - 128
    return Net(
        files,
        VerilogManifest(
            model="net",
            graph=GRAPH,
            top="net",
            mode="parallel",
            clock_mhz=100.0,
            latency=3,
            interval=1,
            input=source,
            output=sink,
            files=tuple(files),
        ),
        {"x0": x[0][:, None], "x1": x[1][:, None]},
        {"y0": (3 * x[0] - x[1])[:, None], "y1": y1[:, None]},
    )


def stream(samples: int = 9) -> Net:
    x = np.random.default_rng(6).integers(0, 200, (samples, 2, 3, 1))
    files = {"net.v": _STREAM, **_rtl("edgeml_skid")}
    source = Stream(
        port="s_axis",
        bits=8,
        beats=6,
        values=(
            Lanes(value="x", shape=(2, 3, 1), signed=False, width=8, frac=0, lane=8, offset=0, elements=1),
        ),
    )
    sink = Stream(
        port="m_axis",
        bits=8,
        beats=6,
        values=(
            Lanes(value="y", shape=(2, 3, 1), signed=False, width=8, frac=0, lane=8, offset=0, elements=1),
        ),
    )
    manifest = VerilogManifest(
        model="net",
        graph=GRAPH,
        top="net",
        mode="stream",
        clock_mhz=100.0,
        latency=6,
        interval=6,
        input=source,
        output=sink,
        files=tuple(files),
    )
    return Net(files, manifest, {"x": x}, {"y": x + 7})
