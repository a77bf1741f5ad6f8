"""The modules of the handshake deliver every beat once and in order: Yosys proves it by induction.

The prover of Verilog compares their text and takes for granted what they do (docs/proofs.md). Here each runs
beside a queue of the beats that it accepted, and what is in its registers, and at its end, has to be that
queue, whatever comes.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeml.errors import EdgemlError
from edgeml.share import share_dir
from edgeml.tools import yosys

pytestmark = pytest.mark.tool

RTL = share_dir("hw") / "rtl"

QUEUE = """
  reg [2:0] count = 0;
  reg [7:0] queue;  // beats that are accepted and not taken, the oldest in the lowest bits
  reg started = 0;
  wire in = s_valid & s_ready, out = m_valid & m_ready;
  wire [7:0] rest = out ? queue >> 2 : queue;
  wire [2:0] left = count - out;
  always @(posedge clk) begin
    if (rst) begin started <= 1; count <= 0; end
    else if (started) begin
      count <= left + in;
      queue <= in ? (rest & ~(8'd3 << {left, 1'b0})) | (s_data << {left, 1'b0}) : rest;
    end
  end
"""

SKID = f"""
module checked (input clk, input rst, input [1:0] s_data, input s_valid, input m_ready, output good);
  wire s_ready, m_valid;
  wire [1:0] m_data, spare;
  edgeml_skid #(.WIDTH(2)) dut (.inside(spare), .clk(clk), .rst(rst), .s_data(s_data), .s_valid(s_valid),
    .s_ready(s_ready), .m_data(m_data), .m_valid(m_valid), .m_ready(m_ready));
  {QUEUE}
  wire state = (count < 3) & (s_ready == (count != 2)) & (m_valid == (count != 0))
    & (count == 0 | m_data == queue[1:0]) & (count != 2 | spare == queue[3:2]);
  assign good = !started | state;
endmodule
"""


def pipeline(stages: int) -> str:
    """A pipeline under the control: what its registers hold that are valid is the queue."""
    terms, before = ["count == total"], "3'd0"
    sums = []
    for place in reversed(range(stages)):
        low = f"{{{before}, 1'b0}}"
        terms.append(f"(!valid[{place}] | line[{2 * place + 1}:{2 * place}] == ((queue >> {low}) & 8'd3))")
        sums.append(f"wire [2:0] n{place}; assign n{place} = {before} + {{2'd0, valid[{place}]}};")
        before = f"n{place}"
    return f"""
module checked (input clk, input rst, input [1:0] s_data, input s_valid, input m_ready, output good);
  wire s_ready, ce, m_valid;
  wire [{stages - 1}:0] valid;
  wire [{2 * stages - 1}:0] line;
  wire [1:0] q;
  edgeml_pipe_control #(.STAGES({stages})) control (.inside(valid), .clk(clk), .rst(rst), .s_valid(s_valid),
    .s_ready(s_ready), .ce(ce), .m_valid(m_valid), .m_ready(m_ready));
  edgeml_delay #(.WIDTH(2), .CYCLES({stages})) data (.inside(line), .clk(clk), .ce(ce), .d(s_data), .q(q));
  {QUEUE}
  {" ".join(sums)}
  wire [2:0] total = {before};
  assign good = !started | ({" & ".join(terms)} & (!m_valid | q == queue[1:0]));
endmodule
"""


FIFO = f"""
module checked (input clk, input rst, input [1:0] s_data, input s_valid, input m_ready, output good);
  wire s_ready, m_valid;
  wire [1:0] m_data;
  wire [7:0] inside;
  edgeml_fifo #(.WIDTH(2), .ADDRESS(1)) dut (.inside(inside), .clk(clk), .rst(rst), .s_data(s_data),
    .s_valid(s_valid), .s_ready(s_ready), .m_data(m_data), .m_valid(m_valid), .m_ready(m_ready));
  {QUEUE}
  wire [1:0] words = inside[7:6];  // beats in the memory
  wire next = inside[5], first = inside[4];
  wire [1:0] older = first ? inside[3:2] : inside[1:0], newer = first ? inside[1:0] : inside[3:2];
  wire [7:0] behind = m_valid ? queue >> 2 : queue;
  assign good = !started | ((words < 3) & (count == words + m_valid) & (next == (first ^ words[0]))
    & (!m_valid | m_data == queue[1:0]) & (words == 0 | older == behind[1:0])
    & (words != 2 | newer == behind[3:2])
    & (s_ready == (words != 2)));
endmodule
"""

FORK = """
module checked (input clk, input rst, input [1:0] s_data, input s_valid, input [1:0] m_ready, output good);
  wire s_ready;
  wire [3:0] m_data;
  wire [1:0] m_valid, has;
  edgeml_fork #(.WIDTH(2), .WAYS(2)) dut (.inside(has), .clk(clk), .rst(rst), .s_data(s_data),
    .s_valid(s_valid), .s_ready(s_ready), .m_data(m_data), .m_valid(m_valid), .m_ready(m_ready));
  reg started = 0;
  reg [1:0] got = 0;  // the ways that took the beat at the input
  wire [1:0] takes = m_valid & m_ready;
  wire moves = s_valid & s_ready;
  always @(posedge clk)
    if (rst) begin started <= 1; got <= 0; end
    else if (started) got <= moves ? 2'd0 : got | takes;
  assign good = !started | ((has == got) & (m_data == {s_data, s_data}) & ((takes & got) == 0)
    & (!moves | (got | takes) == 2'd3) & (s_valid | takes == 0));
endmodule
"""

SERIALIZE = """
module checked (input clk, input rst, input [2:0] s_data, input s_valid, input m_ready, output good);
  wire s_ready, m_valid, m_data;
  wire [4:0] inside;
  edgeml_serialize #(.PART(1), .PARTS(3), .COUNT(2)) dut (.inside(inside), .clk(clk), .rst(rst),
    .s_data(s_data), .s_valid(s_valid), .s_ready(s_ready),
    .m_data(m_data), .m_valid(m_valid), .m_ready(m_ready));
  reg started = 0;
  reg [1:0] left = 0;  // parts that did not leave yet
  reg [2:0] beat;
  wire in = s_valid & s_ready, out = m_valid & m_ready;
  always @(posedge clk)
    if (rst) begin started <= 1; left <= 0; end
    else if (started) begin
      left <= in ? 2'd3 : left - out;
      if (in) beat <= s_data;
    end
  wire [1:0] part = inside[4:3];
  wire [2:0] rest = beat >> (2'd3 - left);
  wire [2:0] mask = (3'd1 << left) - 3'd1;
  assign good = !started | ((m_valid == (left != 0)) & (part == (left == 0 ? 2'd0 : 2'd3 - left))
    & ((inside[2:0] & mask) == (rest & mask)) & (!m_valid | m_data == rest[0]) & (!in | left == out));
endmodule
"""

COLLECT = """
module checked (input clk, input rst, input s_data, input s_valid, input m_ready, output good);
  wire s_ready, m_valid;
  wire [2:0] m_data;
  wire [1:0] part;
  edgeml_collect #(.PART(1), .PARTS(3), .COUNT(2)) dut (.inside(part), .clk(clk), .rst(rst), .s_data(s_data),
    .s_valid(s_valid), .s_ready(s_ready), .m_data(m_data), .m_valid(m_valid), .m_ready(m_ready));
  reg started = 0, full = 0;
  reg [1:0] count = 0;
  reg b0, b1, b2;  // the beats, in the order in which they came
  wire in = s_valid & s_ready, out = m_valid & m_ready;
  always @(posedge clk)
    if (rst) begin started <= 1; count <= 0; full <= 0; end
    else if (started) begin
      if (in & count == 2) full <= 1; else if (out) full <= 0;
      if (in) count <= count == 2 ? 2'd0 : count + 2'd1;
      if (in & count == 0) b0 <= s_data;
      if (in & count == 1) b1 <= s_data;
      if (in & count == 2) b2 <= s_data;
    end
  wire some = (count != 1 | m_data[2] == b0) & (count != 2 | m_data[2:1] == {b1, b0});
  assign good = !started | ((m_valid == full) & (part == count) & (count < 3) & some & (!full | count == 0)
    & (!full | m_data == {b2, b1, b0}) & (!full | m_ready | !s_ready));
endmodule
"""


def module(name: str, register: str, width: str, old: str = "", new: str = "") -> str:
    """A module of edgeml with one of its registers as a port, and a piece of its text replaced."""
    text = (RTL / f"{name}.v").read_text()
    assert old in text
    text = text.replace(old, new, 1) if old else text
    text = text.replace(") (\n", f") (\n  output wire [{width}-1:0] inside,\n", 1)
    return text.replace("\nendmodule", f"\n  assign inside = {register};\nendmodule")


def is_proven(text: str, folder: Path) -> bool:
    """True if Yosys shows by induction that `good` is always 1, whatever registers hold before a reset."""
    installed = yosys.TOOL.find()
    if installed is None:
        pytest.skip(f"Yosys is not installed: {yosys.TOOL.install}")
    (folder / "design.v").write_text(text)
    (folder / "out").mkdir(exist_ok=True)
    script = [
        "read_verilog design.v", "hierarchy -top checked", "proc", "memory", "flatten", "opt",
        "sat -verify -tempinduct -seq 1 -maxsteps 2 -prove good 1 checked",
    ]  # fmt: skip
    try:
        yosys.run_script(installed, script, folder, "out", "log.txt", 300.0)
    except EdgemlError as error:
        if "proof did fail" not in str(error):
            raise
        return False
    return True


DELAY = module("edgeml_delay", "line", "WIDTH*CYCLES")
CONTROL = module("edgeml_pipe_control", "valid", "STAGES")


@pytest.mark.parametrize("stages", [1, 3])
def test_a_pipeline_delivers_every_beat_once_and_in_order(stages: int, tmp_path: Path) -> None:
    assert is_proven(DELAY + CONTROL + pipeline(stages), tmp_path)


def test_the_skid_buffer_delivers_every_beat_once_and_in_order(tmp_path: Path) -> None:
    assert is_proven(module("edgeml_skid", "spare", "WIDTH") + SKID, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("s_ready ? s_data : spare", "s_data"),
        ("if (s_ready) spare", "if (s_valid) spare"),
        ("s_valid | ~s_ready", "s_valid"),
    ],
)
def test_an_error_in_the_skid_buffer_is_noticed(old: str, new: str, tmp_path: Path) -> None:
    assert not is_proven(module("edgeml_skid", "spare", "WIDTH", old, new) + SKID, tmp_path)


INSIDE = {
    "edgeml_fifo": ("{count, next, first, words[1], words[0]}", "8", FIFO),
    "edgeml_fork": ("has", "WAYS", FORK),
    "edgeml_serialize": ("{part, held}", "COUNT+PARTS*PART", SERIALIZE),
    "edgeml_collect": ("part", "COUNT", COLLECT),
}
"""Registers of parts of a stream, how many bits they are, and what they have to hold."""


@pytest.mark.slow
@pytest.mark.parametrize("name", list(INSIDE))
def test_parts_of_a_stream_deliver_every_beat_once_and_in_order(name: str, tmp_path: Path) -> None:
    register, width, checked = INSIDE[name]
    assert is_proven(module(name, register, width) + checked, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("edgeml_fifo", "words[first]", "words[next]"),
        ("edgeml_fifo", "put & ~take", "put"),
        ("edgeml_fork", "has | m_ready;", "m_ready;"),
        ("edgeml_fork", "& ~has", ""),
        ("edgeml_serialize", "last & m_ready)", "m_ready)"),
        ("edgeml_collect", "put & last;", "put;"),
    ],
)
def test_an_error_in_a_part_of_a_stream_is_noticed(name: str, old: str, new: str, tmp_path: Path) -> None:
    register, width, checked = INSIDE[name]
    assert not is_proven(module(name, register, width, old, new) + checked, tmp_path)


@pytest.mark.slow
def test_an_error_in_the_control_is_noticed(tmp_path: Path) -> None:
    wrong = module("edgeml_pipe_control", "valid", "STAGES", "s_valid};", "1'b1};")
    assert not is_proven(DELAY + wrong + pipeline(3), tmp_path)
