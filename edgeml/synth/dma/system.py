"""TOP_system.v: the network with ports for AMD's AXI DMA, 64 bits with TLAST, and its memory layout in NumPy.

The parts are those of hw/rtl: a shift register makes beats of words, another one words of beats, and
`edgeml_axis_ends` puts TLAST where the transfer ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.verilog.manifest import Stream, VerilogManifest
from edgeml.files import FileSet
from edgeml.fixed import IntArray
from edgeml.quoting import comment, identifier
from edgeml.share import share_dir
from edgeml.synth.top.payload import encode

WORD = 64
"""Bits of a word of the DMA's streams."""

_BYTES = WORD // 8
_MOST_ADDRESS = 10


@dataclass(frozen=True)
class System:
    """An emitted system.

    Args:
        top: the module.
        files: Verilog of the top and the parts it needs beside the network's.
    """

    top: str
    files: FileSet


def words(stream: Stream) -> int:
    """Words of a beat in memory."""
    return -(-stream.bits // WORD)


def bytes_of(stream: Stream) -> int:
    """Bytes of a sample in memory."""
    return stream.beats * words(stream) * _BYTES


def emit(manifest: VerilogManifest) -> System:
    """The top module and its parts."""
    top = identifier(f"{manifest.top}_system")
    parts = ["edgeml_collect", "edgeml_axis_ends"]
    parts += ["edgeml_serialize"] if words(manifest.output) > 1 else []
    folder = share_dir("hw") / "rtl"
    files = {f"{name}.v": (folder / f"{name}.v").read_bytes() for name in parts}
    files[f"{top}.v"] = ("\n".join(_module(manifest, top)) + "\n").encode()
    return System(top, FileSet(files))


def memory(stream: Stream, codes: Mapping[str, IntArray]) -> NDArray[np.uint8]:
    """Samples as they lie in memory: bytes, shape (samples, `bytes_of`).

    Args:
        stream: the port.
        codes: (samples, *shape) by value.

    Raises:
        EdgemlError: a value is missing, or does not fit its lanes.
    """
    beats = encode(stream, codes)
    beats = beats.reshape(len(beats), stream.beats, stream.bits // 8)
    padded = np.zeros((*beats.shape[:2], words(stream) * _BYTES), np.uint8)
    padded[..., : beats.shape[2]] = beats
    return padded.reshape(len(padded), -1)


def _module(manifest: VerilogManifest, top: str) -> Iterator[str]:
    source, sink = manifest.input, manifest.output
    ins, outs = words(source), words(sink)
    sample, result = source.beats * ins, sink.beats * outs
    count = max(1, (max(sample, result) - 1).bit_length())
    under_way = manifest.latency // max(1, manifest.interval) + 4
    address = min(_MOST_ADDRESS, max(1, (under_way - 1).bit_length()))
    yield f"// {comment(manifest.model)} behind an AXI DMA: words of {WORD} bits, TLAST ends a transfer."
    yield f"// A sample is {sample} words ({source.beats} beats of {ins}), a result {result}"
    yield f"// ({sink.beats} beats of {outs}); a beat's unused upper bits are padding."
    yield f"""\
module {top} (
  (* X_INTERFACE_INFO = "xilinx.com:signal:clock:1.0 aclk CLK" *)
  (* X_INTERFACE_PARAMETER = "ASSOCIATED_BUSIF s_axis:m_axis, ASSOCIATED_RESET aresetn" *)
  input  wire        aclk,
  (* X_INTERFACE_INFO = "xilinx.com:signal:reset:1.0 aresetn RST" *)
  (* X_INTERFACE_PARAMETER = "POLARITY ACTIVE_LOW" *)
  input  wire        aresetn,        // synchronous, active low
  input  wire [{WORD - 1}:0] s_axis_tdata,
  input  wire        s_axis_tlast,
  input  wire        s_axis_tvalid,
  output wire        s_axis_tready,
  output wire [{WORD - 1}:0] m_axis_tdata,
  output wire [{WORD // 8 - 1}:0]  m_axis_tkeep,
  output wire        m_axis_tlast,
  output wire        m_axis_tvalid,
  input  wire        m_axis_tready
);
  wire rst = ~aresetn;
  wire room, known, collect_ready, beat_valid, beat_ready, result_valid, result_ready, word_valid;
  wire [{ins * WORD - 1}:0] beat;
  wire [{sink.bits - 1}:0] result;
  // verilator lint_off UNUSEDSIGNAL
  wire last_of_a_result;  // the last of a transfer is found below
  // verilator lint_on UNUSEDSIGNAL

  assign s_axis_tready = collect_ready & room & aresetn;
  edgeml_collect #(.PART({WORD}), .PARTS({ins}), .COUNT({max(1, (ins - 1).bit_length())})) u_collect (
    .clk(aclk), .rst(rst), .s_data(s_axis_tdata), .s_valid(s_axis_tvalid & room & aresetn),
    .s_ready(collect_ready), .m_data(beat), .m_valid(beat_valid), .m_ready(beat_ready));
"""
    yield from _unread(ins * WORD - source.bits, source.bits)
    yield f"""\
  {identifier(manifest.top)} u_network (
    .aclk(aclk), .aresetn(aresetn),
    .{source.port}_tdata(beat[{source.bits - 1}:0]), .{source.port}_tvalid(beat_valid),
    .{source.port}_tready(beat_ready),
    .{sink.port}_tdata(result), .{sink.port}_tvalid(result_valid), .{sink.port}_tready(result_ready),
    .{sink.port}_tlast(last_of_a_result));
"""
    padding = outs * WORD - sink.bits
    whole = f"{{{{{padding}{{1'b0}}}}, result}}" if padding else "result"
    if outs > 1:
        yield f"""\
  edgeml_serialize #(.PART({WORD}), .PARTS({outs}), .COUNT({(outs - 1).bit_length()})) u_serialize (
    .clk(aclk), .rst(rst), .s_data({whole}), .s_valid(result_valid),
    .s_ready(result_ready), .m_data(m_axis_tdata), .m_valid(word_valid),
    .m_ready(m_axis_tready & known));
"""
    else:
        yield f"""\
  assign m_axis_tdata = {whole};
  assign word_valid = result_valid;
  assign result_ready = m_axis_tready & known;
"""
    yield f"""\
  assign m_axis_tvalid = word_valid & known;
  assign m_axis_tkeep = {{{WORD // 8}{{1'b1}}}};
  edgeml_axis_ends #(.SAMPLE({sample}), .RESULT({result}), .COUNT({count}), .ADDRESS({address})) u_ends (
    .clk(aclk), .rst(rst),
    .s_take(s_axis_tvalid & s_axis_tready), .s_last(s_axis_tlast), .room(room),
    .m_take(m_axis_tvalid & m_axis_tready), .known(known), .m_last(m_axis_tlast));
endmodule"""


def _unread(bits: int, start: int) -> Iterator[str]:
    if bits:
        yield "  // verilator lint_off UNUSEDSIGNAL"
        yield f"  wire [{bits - 1}:0] padding = beat[{start + bits - 1}:{start}];"
        yield "  // verilator lint_on UNUSEDSIGNAL"
