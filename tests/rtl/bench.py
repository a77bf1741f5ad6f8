"""One part of hw/rtl on the bench: in a top module with the ports that the Verilog runner's harness drives.

The harness checks the protocol, random stalls and a reset in mid-stream included, and that latency and
interval are those of the part's model in `stream/timing.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.verilog.harness import MAIN
from edgeml.backends.verilog.stream.network import latency_and_interval
from edgeml.backends.verilog.stream.timing import StreamPart
from edgeml.share import share_dir
from edgeml.tools import run, verilator

_TOP = """\
module bench (
  input wire aclk, input wire aresetn,
  input wire [{ins}:0] s_axis_tdata, input wire s_axis_tvalid, output wire s_axis_tready,
  output wire [{outs}:0] m_axis_tdata, output wire m_axis_tvalid, input wire m_axis_tready,
  output wire m_axis_tlast
);
  wire clk = aclk, rst = ~aresetn, ready, s_valid = s_axis_tvalid & aresetn;
  assign s_axis_tready = ready & aresetn;
  reg [15:0] beat;
  assign m_axis_tlast = beat == {last};
  always @(posedge aclk)
    if (rst) beat <= 0;
    else if (m_axis_tvalid & m_axis_tready) beat <= m_axis_tlast ? 16'd0 : beat + 16'd1;
{body}
endmodule
"""

STREAM = """\
    .clk(clk), .rst(rst), .s_data(s_axis_tdata), .s_valid(s_valid), .s_ready(ready),
    .m_data(m_axis_tdata), .m_valid(m_axis_tvalid), .m_ready(m_axis_tready)"""
"""The pins of a part with a stream in and out."""


def drive(
    folder: Path,
    body: str,
    parts: Callable[[], Sequence[StreamPart]],
    beats: NDArray[np.uint64],
    bits: tuple[int, int],
    beats_out: int,
    edit: Callable[[str], str] = lambda text: text,
    seed: int = 0,
    memories: str = "",
) -> NDArray[np.uint64]:
    """Send beats through a part and return what comes out.

    Args:
        folder: for files.
        body: Verilog between the ports of the bench.
        parts: makes the models of the parts in the body, for latency and interval.
        beats: (samples, beats per sample), each at most 64 bits.
        bits: of a beat in and of a beat out, the latter in words of 64 at most.
        beats_out: beats per result.
        edit: applied to the part's source, to break it on purpose.
        seed: of the stalls.
        memories: modules of the body's own.
    """
    samples, beats_in = beats.shape
    sources = [folder / "bench.v"]
    sources[0].write_text(
        _TOP.format(ins=bits[0] - 1, outs=bits[1] - 1, last=beats_out - 1, body=body) + memories
    )
    for path in sorted((share_dir("hw") / "rtl").glob("*.v")):
        if path.stem in body:
            sources.append(folder / path.name)
            sources[-1].write_text(edit(path.read_text()))
    program = verilator.simulation(sources, "bench", MAIN)
    words_in, words_out = (-(-n // 32) for n in bits)
    beats.astype("<u8").view("<u4").reshape(samples, beats_in, 2)[..., :words_in].tofile(folder / "in")
    latency, interval = latency_and_interval(parts(), parts(), beats_in, beats_out)
    stalls, promised, undriven = 1, 1, 0
    ports = (bits[0], beats_in, bits[1], beats_out)
    numbers = (samples, *ports, latency, interval, stalls, seed, promised, undriven)
    run([program, "in", "out", *map(str, numbers)], folder, folder / "run.log", 60.0)
    found = np.fromfile(folder / "out", "<u4").reshape(samples, beats_out, words_out)
    padded = np.zeros((samples, beats_out, -(-words_out // 2) * 2), "<u4")
    padded[..., :words_out] = found
    return padded.view("<u8")
