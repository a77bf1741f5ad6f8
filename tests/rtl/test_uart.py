"""The parts of hw/rtl that a board's top module is made of, but the link, which tests/synth/top has."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edgeml.backends.verilog.stream.timing import StreamPart
from edgeml.share import share_dir
from edgeml.tools import run, verilator
from tests.rtl.bench import STREAM, drive

pytestmark = [
    pytest.mark.tool,
    pytest.mark.slow,
    pytest.mark.skipif(bool(verilator.missing()), reason=verilator.missing() or "-"),
]

RTL = share_dir("hw") / "rtl"

# ---------------------------------------------------------------- collect and pick


@dataclass
class Collect(StreamPart):
    """edgeml_collect."""

    parts: int
    valid: bool = False
    part: int = 0

    def offers(self, given: bool) -> bool:
        return self.valid

    def accepts(self, taken: bool) -> bool:
        return taken or not self.valid

    def clock(self, given: bool, taken: bool) -> None:
        if self.accepts(taken):
            self.valid = given and self.part == self.parts - 1
            self.part = (self.part + given) % self.parts


@dataclass
class Pick(StreamPart):
    """edgeml_pick."""

    parts: int
    part: int = 0

    def offers(self, given: bool) -> bool:
        return given

    def accepts(self, taken: bool) -> bool:
        return taken and self.part == self.parts - 1

    def clock(self, given: bool, taken: bool) -> None:
        self.part = (self.part + (given and taken)) % self.parts


def parts_of(beats: NDArray[np.uint64], part: int, parts: int) -> NDArray[np.uint64]:
    places = np.arange(parts, dtype=np.uint64) * np.uint64(part)
    return ((beats[..., np.newaxis] >> places) & np.uint64((1 << part) - 1)).reshape(len(beats), -1)


@pytest.mark.parametrize(("part", "parts"), [(8, 1), (3, 4)])
def test_collect_and_pick_are_each_others_inverse(part: int, parts: int, tmp_path: Path) -> None:
    count, bits = max(1, (parts - 1).bit_length()), part * parts
    sizes = f"#(.PART({part}), .PARTS({parts}), .COUNT({count}))"
    beats = np.random.default_rng(parts).integers(0, 1 << bits, (40, 2), np.uint64)
    single = parts_of(beats, part, parts)
    (tmp_path / "collect").mkdir()
    body = f"edgeml_collect {sizes} u (\n{STREAM});"
    got = drive(tmp_path / "collect", body, lambda: [Collect(parts)], single, (part, bits), 2)
    np.testing.assert_array_equal(got[..., 0], beats)
    body = f"edgeml_pick {sizes} u (\n{STREAM});"
    (tmp_path / "pick").mkdir()
    got = drive(tmp_path / "pick", body, lambda: [Pick(parts)], beats, (bits, part), 2 * parts)
    np.testing.assert_array_equal(got[..., 0], single)


# ---------------------------------------------------------------- receiver, transmitter, reset

BENCH = """\
module bench (
  input wire clk, input wire rst, input wire line, output wire [7:0] m_data, output wire m_bad,
  output wire m_valid, input wire m_ready,
  output wire tx, input wire [7:0] s_data, input wire s_valid, output wire s_ready,
  input wire button, output wire held
);
  edgeml_uart_rx #(.CLOCKS({0}), .COUNT(5)) u_rx (.clk(clk), .rst(rst), .line(line),
    .m_data(m_data), .m_bad(m_bad), .m_valid(m_valid), .m_ready(m_ready));
  edgeml_uart_tx #(.CLOCKS({0}), .COUNT(5)) u_tx (.clk(clk), .rst(rst), .line(tx),
    .s_data(s_data), .s_valid(s_valid), .s_ready(s_ready));
  edgeml_reset #(.COUNT(4)) u_reset (.clk(clk), .button(button), .rst(held));
endmodule
"""

# A line a clock: the inputs; what the outputs were is printed the same way.
MAIN = r"""
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include "Vdut.h"
#include "verilated.h"
int main(int argc, char** argv) {
  Vdut dut;
  std::ifstream given(argv[1]);
  int rst, line, m_ready, s_valid, s_data, button;
  while (given >> rst >> line >> m_ready >> s_valid >> s_data >> button) {
    dut.rst = rst; dut.line = line; dut.m_ready = m_ready; dut.s_valid = s_valid; dut.s_data = s_data;
    dut.button = button;
    dut.clk = 0; dut.eval();
    std::printf("%d %d %d %d %d %d\n", dut.m_valid, dut.m_data, dut.m_bad, dut.s_ready, dut.tx, dut.held);
    dut.clk = 1; dut.eval();
  }
}
"""
CLOCKS = 16
VALID, DATA, BAD, READY, TX, HELD = range(6)


@functools.cache
def _program(folder: Path, clocks: int) -> Path:
    source = folder / "bench.v"
    source.write_text(BENCH.format(clocks))
    names = ("edgeml_uart_rx", "edgeml_uart_tx", "edgeml_reset")
    return verilator.simulation([source, *(RTL / f"{name}.v" for name in names)], "bench", MAIN)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("uart")


def clocked(
    folder: Path,
    line: Sequence[int] = (),
    ready: Sequence[int] = (),
    given: Sequence[tuple[int, int]] = (),
    button: Sequence[int] = (),
    reset: int = 3,
    clocks: int = CLOCKS,
) -> NDArray[np.int64]:
    """Outputs (clock, signal) for inputs that are stretched to the length of the longest."""
    length = max(map(len, (line, ready, given, button)))

    def at(values: Sequence, clock: int, rest):
        return values[clock] if clock < len(values) else rest

    rows = ["1 1 1 0 0 0"] * reset
    for clock in range(length):
        valid, data = at(given, clock, (0, 0))
        rows.append(f"0 {at(line, clock, 1)} {at(ready, clock, 1)} {valid} {data} {at(button, clock, 0)}")
    (folder / "given").write_text("\n".join(rows))
    done = run([_program(folder, clocks), "given"], folder, folder / "log", 60.0)
    return np.array([line.split() for line in done.output.splitlines()], np.int64)[reset:]


def levels(data: bytes, bit: float, gap: float = 0.0, stop: int = 1) -> list[int]:
    """The line while these bytes are sent, with bits and gaps that need not be whole clocks."""
    edges, now, out = [], 0.0, []
    for byte in data:
        for level in (0, *((byte >> i) & 1 for i in range(8)), stop):
            now += bit
            edges.append((now, level))
        now += gap
        edges.append((now, 1))
    for end, level in edges:
        out += [level] * (round(end) - len(out))
    return out + [1] * int(4 * bit)


def received(rows: NDArray[np.int64]) -> list[tuple[int, int]]:
    return [(int(row[DATA]), int(row[BAD])) for row in rows if row[VALID]]


DATA_BYTES = bytes([0x00, 0xFF, 0x55, 0xAA, 0xA5, 0x01, 0x80, 0x7E])


@pytest.mark.parametrize("off", [0.96, 1.0, 1.04])
@pytest.mark.parametrize("gap", [0.0, 7.3])
def test_a_receiver_bears_a_clock_that_is_off_by_four_percent(folder: Path, off: float, gap: float) -> None:
    rows = clocked(folder, [1] * 5 + levels(DATA_BYTES, CLOCKS * off, gap))
    assert received(rows) == [(byte, 0) for byte in DATA_BYTES]


@pytest.mark.parametrize("off", [0.9, 1.1])
def test_a_clock_that_is_off_by_ten_percent_is_noticed(folder: Path, off: float) -> None:
    rows = clocked(folder, levels(DATA_BYTES, CLOCKS * off))
    assert received(rows) != [(byte, 0) for byte in DATA_BYTES]


@pytest.mark.parametrize("clocks", [4, 5])
def test_few_clocks_per_bit(folder: Path, tmp_path: Path, clocks: int) -> None:
    rows = clocked(tmp_path, levels(DATA_BYTES, clocks), clocks=clocks)
    assert received(rows) == [(byte, 0) for byte in DATA_BYTES]


def test_a_missing_stop_bit_is_told_and_the_next_byte_is_right(folder: Path) -> None:
    line = [*levels(b"\x12", CLOCKS, stop=0)[: 10 * CLOCKS], *[0] * 55, *[1] * 40, *levels(b"\x34", CLOCKS)]
    assert received(clocked(folder, line)) == [(0x12, 1), (0x34, 0)]


def test_a_short_pulse_is_no_start_bit(folder: Path) -> None:
    line = [1] * 9 + [0] * (CLOCKS // 2 - 3) + [1] * 60 + levels(b"\x99", CLOCKS)
    assert received(clocked(folder, line)) == [(0x99, 0)]


def test_a_byte_waits_and_a_lost_one_is_told(folder: Path) -> None:
    line = levels(b"\x01\x02\x03", CLOCKS)
    rows = clocked(folder, line, ready=[0] * (15 * CLOCKS) + [1] * len(line))
    assert (int(rows[15 * CLOCKS - 1][VALID]), int(rows[15 * CLOCKS - 1][DATA])) == (1, 1)
    taken = [row for clock, row in enumerate(rows) if row[VALID] and clock >= 15 * CLOCKS]
    assert [(row[DATA], row[BAD]) for row in taken] == [(1, 0), (2, 0), (3, 0)]
    rows = clocked(folder, line, ready=[0] * (25 * CLOCKS) + [1] * len(line))
    taken = [row for clock, row in enumerate(rows) if row[VALID] and clock >= 25 * CLOCKS]
    assert [(row[DATA], row[BAD]) for row in taken] == [(2, 1), (3, 0)]


def test_a_transmitter_sends_every_bit_for_as_long(folder: Path) -> None:
    given: list[tuple[int, int]] = []
    for byte in DATA_BYTES:
        given += [(1, byte)] * (10 * CLOCKS + 1)  # taken in one clock, sent in ten bits
    rows = clocked(folder, given=given + [(0, 0)] * 30)
    wanted: list[int] = [1]
    for byte in DATA_BYTES:
        for level in (0, *((byte >> i) & 1 for i in range(8)), 1):
            wanted += [level] * CLOCKS
        wanted.append(1)  # the clock that takes the next byte
    np.testing.assert_array_equal(rows[: len(wanted), TX], wanted)
    assert rows[len(wanted) :, TX].all() and rows[-1, READY]


def test_reset_ends_once_after_a_button_that_bounces(folder: Path) -> None:
    button = [0] * 30 + [1, 0, 1, 1, 0, 0, 1] + [1] * 20 + [0] * 7 + [1] + [0] * 60
    held = clocked(folder, button=button, reset=0)[:, HELD]
    changes = np.flatnonzero(np.diff(held))
    assert held[0] == 1 and len(changes) == 3, "on, off after power-on, on and off once for the button"
    pressed, released = 30, 30 + 7 + 20 + 7 + 1
    assert pressed < changes[1] <= pressed + 5
    assert released + 15 <= changes[2] <= released + 20
