"""Drives each part of a stream alone: its module, with its parameters and memories and stalls on both sides.

Parts that move elements get tags: every bit of a sample has a number, and sample k carries bit k of it, so
that what leaves says where it came from. Parts that add up get the vectors of their stage.

Invariant: beats are those of samples one behind the other, after one reset; more or fewer are an error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.verilog.harness import COMMON
from edgeml.backends.verilog.proof.streamed.chain import SUMS, ChainPart
from edgeml.backends.verilog.proof.streamed.moves import MOVES, PassedBeats
from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.ir.structure import NONE
from edgeml.scratch import scratch_folder
from edgeml.tools import run, verilator

_TOP = "edgeml_parts"
_SECONDS = 3600.0
_STALLED = 32
"""Samples of a stage that are driven with stalls as well."""


class PartBench:
    """A program that drives the parts of a design.

    Args:
        parts: in the order of the data.
        texts: the files of their modules and memories, by module.
    """

    def __init__(self, parts: Sequence[ChainPart], texts: Mapping[str, str]) -> None:
        self._places = {part.name: at for at, part in enumerate(parts)}
        self._parts, self._texts = parts, texts
        self._program: Path | None = None

    # ---------------------------------------------------------------- what is driven

    def program(self) -> Path:
        """The compiled program.

        Raises:
            MissingToolError: Verilator or a compiler is missing.
            EdgemlError: it is not compiled.
        """
        if self._program is None:
            with scratch_folder() as name:
                sources: list[Path] = []
                for module, text in {**self._texts, _TOP: self._top()}.items():
                    sources.append(Path(name) / f"{module}.v")
                    sources[-1].write_text(text)
                cases = "\n".join(_CASE.replace("@", str(at)) for at in range(len(self._parts)))
                main = COMMON + _MAIN.replace("@CASES@", cases)
                self._program = verilator.simulation(sources, _TOP, main, optimized=False)
        return self._program

    def _top(self) -> str:
        """All parts side by side."""
        ports, lines = ["input wire clk", "input wire rst"], list[str]()
        for at, part in enumerate(self._parts):
            ports += [f"input wire [{part.before.bits - 1}:0] s_data{at}", f"input wire s_valid{at}"]
            ports += [f"output wire s_ready{at}", f"output wire [{part.after.bits - 1}:0] m_data{at}"]
            ports += [f"output wire m_valid{at}", f"input wire m_ready{at}"]
            lines += self._instances(at, part)
        return f"module {_TOP} (\n  {', '.join(ports)});\n" + "\n".join(lines) + "\nendmodule\n"

    def _instances(self, at: int, part: ChainPart) -> list[str]:
        values = ", ".join(f".{key}({_literal(part, key, value)})" for key, value in part.values.items())
        pins = [".clk(clk)", ".rst(rst)"]
        pins += [
            f".{end}({end}{at})" for end in ("s_data", "s_valid", "s_ready", "m_data", "m_valid", "m_ready")
        ]
        lines: list[str] = []
        of = part.values
        if part.module in SUMS[:2]:
            product = part.module == "edgeml_product"
            widths = {"address": of["ADDRESS" if product else "COUNT"], "ce": 1}
            widths["weights"] = of["WEIGHT"] * (of["PRODUCTS"] if product else of["LANES"] * of["OUTPUTS"])
            if product:
                widths |= {"group": of["COUNT"], "bias": of["OUTPUTS"] * of["SUM"]}
            lines += [f"  wire [{bits - 1}:0] {name}{at};" for name, bits in widths.items()]
            pins += [f".{name}({name}{at})" for name in widths]
        for port, memory in part.memories.items():
            if isinstance(memory, int):
                lines.append(f"  assign {port}{at} = {of['OUTPUTS'] * of['SUM']}'h{memory:x};")
                continue
            address = "group" if port == "bias" else "address"
            pin = ", ".join(
                (".clk(clk)", f".ce(ce{at})", f".address({address}{at})", f".weights({port}{at})")
            )
            lines.append(f"  {memory} u_{port}{at} ({pin});")
        return [*lines, f"  {part.module} #({values}) u{at} ({', '.join(pins)});"]

    # ---------------------------------------------------------------- runs

    def run(self, part: ChainPart, lanes: IntArray) -> IntArray:
        """The beats that leave a part for samples.

        Args:
            part: one of those that are driven.
            lanes: codes (samples, beats, lanes).

        Returns:
            Codes (samples, beats, lanes).

        Raises:
            EdgemlError: other beats leave than should, or stalls make a difference.
        """
        results = self._run(part, lanes, 0)
        few = min(len(lanes), _STALLED)
        if not np.array_equal(self._run(part, lanes[:few], 1), results[:few]):
            raise EdgemlError("gives other results when it has to wait", part.name)
        return results

    def _run(self, part: ChainPart, lanes: IntArray, seed: int) -> IntArray:
        samples, before, after = len(lanes), part.before, part.after
        words = _packed(lanes.reshape(-1, before.lanes), before.width)
        expected = samples * after.count
        with scratch_folder() as name:
            scratch = Path(name)
            words.tofile(scratch / "in")
            filled: NDArray[np.bool_] = np.all(_moved_places(part) == NONE, axis=1)
            early = len(filled) if filled.all() else int(filled.argmin())
            sizes = (len(words), words.shape[1], expected, -(-after.bits // 32))
            numbers = (self._places[part.name], *sizes, early, seed)
            command = [self.program(), "in", "out", *map(str, numbers)]
            run(command, scratch, scratch / "log", _SECONDS, writes=[scratch / "out"])
            got: NDArray[np.uint32] = np.fromfile(scratch / "out", "<u4")
        return _unpacked(got.reshape(expected, -1), after).reshape(samples, after.count, after.lanes)

    def check_moves(self, part: ChainPart) -> None:
        """Drive a part with tags and compare what leaves with what `moves` says of it.

        Raises:
            EdgemlError: something else leaves.
        """
        before, after = part.before, part.after
        number = np.arange(1, before.count * before.bits + 1).reshape(
            before.count, before.lanes, before.width
        )
        rounds = int(number.max()).bit_length()
        weights = 1 << np.arange(before.width)
        tags = [np.sum((number >> turn & 1) * weights, axis=2) for turn in range(rounds)]
        lanes = np.array([*tags, *(weights.sum() - tag for tag in tags)])
        moved = _moved_places(part)
        flat = lanes.reshape(len(lanes), -1)
        low = (1 << after.width) - 1
        expected = np.where(moved == NONE, after.codes & low, flat[:, np.maximum(moved, 0)])
        for seed in (0, 1):
            got = self._run(part, lanes, seed) & low
            if not np.array_equal(got, expected):
                raise EdgemlError(f"{part.module} moves elements to other places than it should", part.name)


def _moved_places(part: ChainPart) -> IntArray:
    """The number of the lane, among all of a sample, that each lane behind a part is; NONE for a constant."""
    before = part.before
    if part.module not in MOVES:
        return np.zeros_like(part.after.ids)
    places = np.arange(before.count * before.lanes).reshape(before.count, before.lanes)
    plain = PassedBeats("", places, np.zeros_like(places), before.width, before.signed, ())
    return MOVES[part.module](plain, part.values).ids


def _literal(part: ChainPart, key: str, value: int) -> str:
    return f"{part.values['PIXEL']}'h{value:x}" if key == "FILL" else str(value)


def _packed(lanes: IntArray, width: int) -> NDArray[np.uint32]:
    """Codes (beats, lanes) as words (beats, words), the first lane in the lowest bits."""
    bits = ((lanes[:, :, np.newaxis] >> np.arange(width)) & 1).astype(np.uint8).reshape(len(lanes), -1)
    data = np.packbits(bits, axis=1, bitorder="little")
    padded = np.zeros((len(data), -(-data.shape[1] // 4) * 4), np.uint8)
    padded[:, : data.shape[1]] = data
    return padded.view("<u4")


def _unpacked(words: NDArray[np.uint32], beats: PassedBeats) -> IntArray:
    """Words (beats, words) as codes (beats, lanes)."""
    bits = np.unpackbits(np.ascontiguousarray(words).view(np.uint8), axis=1, bitorder="little")
    bits = bits[:, : beats.bits].reshape(len(words), beats.lanes, beats.width).astype(np.int64)
    codes = (bits << np.arange(beats.width)).sum(axis=2)
    return codes - (bits[:, :, -1] << beats.width) if beats.signed else codes


_CASE = r"""    case @:
      drive(dut, dut.s_data@, dut.s_valid@, dut.s_ready@, dut.m_data@, dut.m_valid@, dut.m_ready@);
      break;"""

_MAIN = r"""
static std::vector<uint32_t> given, results;
static long beats, in_words, expected, out_words, early;
static uint64_t state;

static bool waits() {  // with stalls, every other clock or so
  if (!state) return false;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (state >> 16) & 1;
}

template <class In, class Out>
void drive(Vdut& dut, In& s_data, CData& s_valid, CData& s_ready, Out& m_data, CData& m_valid,
           CData& m_ready) {
  dut.rst = 1;
  s_valid = m_ready = 0;
  for (int i = 0; i < 4; ++i) { dut.clk = i % 2; dut.eval(); }
  dut.rst = 0;
  long sent = 0, taken = 0;
  bool offered = false;
  const long patience = 1 << 20, quiet = 64;
  for (long still = 0; still < (taken < expected || sent < beats ? patience : quiet); ++still) {
    offered = sent < beats && (offered || !waits());
    s_valid = offered;
    if (offered) put(s_data, &given[sent * in_words]);
    m_ready = !waits();
    dut.clk = 0;
    dut.eval();
    const bool put_one = s_valid && s_ready, got_one = m_valid && m_ready;
    if (got_one) {
      if (taken < expected) get(m_data, &results[taken++ * out_words]);
      else if (--early < 0) fail("more beats leave than should");  // padding in front of a next sample may
    }
    if (put_one) { ++sent; offered = false; }
    if (put_one || got_one) still = 0;
    dut.clk = 1;
    dut.eval();
  }
  if (taken < expected || sent < beats) fail("comes to a standstill");
}

int main(int argc, char** argv) {
  // in out part beats words expected words early seed
  if (argc != 10) fail("arguments");
  Verilated::commandArgs(argc, argv);
  beats = std::atol(argv[4]), in_words = std::atol(argv[5]);
  expected = std::atol(argv[6]), out_words = std::atol(argv[7]);
  early = std::atol(argv[8]);
  state = std::atol(argv[9]) ? 88172645463325252ull : 0;
  given.resize(beats * in_words + 2), results.resize(expected * out_words + 2);
  FILE *in = std::fopen(argv[1], "rb"), *out = std::fopen(argv[2], "wb");
  if (!in || !out || std::fread(given.data(), 4, beats * in_words, in) != size_t(beats * in_words))
    fail("cannot read the input");
  Vdut dut;
  switch (std::atol(argv[3])) {
@CASES@
  }
  if (std::fwrite(results.data(), 4, expected * out_words, out) != size_t(expected * out_words) ||
      std::fclose(out))
    fail("cannot write the output");
  return 0;
}
"""
