"""Reads the codes of inner values from the wires of Verilog files, by simulation.

The graph says which wire holds which value: laid out again, every wire has the name that it had when the
files were written, so this works on files of that very graph only. The codes come from the files alone.

A core without handshake is held at one input until every register has taken it over; then all its wires are
read. In a stream, the beats that go into each kernel are recorded while the whole design runs, and then each
kernel is held at each of them.

Invariant: a value is returned whole, every element read from a wire, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.verilog.build import module_names
from edgeml.backends.verilog.cells import Cell, Num, elements
from edgeml.backends.verilog.design import Design, elaborate
from edgeml.backends.verilog.harness import COMMON
from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.backends.verilog.module import wires, write_core
from edgeml.backends.verilog.ports import Core
from edgeml.backends.verilog.schedule import schedule
from edgeml.backends.verilog.stream.parts import Tap
from edgeml.backends.verilog.stream.plan import plan
from edgeml.backends.verilog.stream.top import taps_of
from edgeml.fixed import IntArray
from edgeml.ir import Graph, ValueInfo
from edgeml.passes import prepare_circuit
from edgeml.scratch import scratch_folder
from edgeml.tools import run, verilator

_SECONDS = 3600.0
_LANE = 64
"""Bits per code on the probe's ports."""
_TOGETHER = 64
"""Codes per port of the probe."""
_NO_LEVELS = 0.0
"""Registers behind every cell: an upper bound of the clocks that any layout of these cells takes."""


@dataclass(frozen=True)
class _StreamedCodes:
    """A core and what goes into it: codes (vectors, elements) by input."""

    core: Core
    design: Design
    inputs: Mapping[str, IntArray]


def inner_values(
    sources: Sequence[Path],
    manifest: VerilogManifest,
    graph: Graph,
    inputs: Mapping[str, IntArray],
    beats: NDArray[np.uint32],
    keep: Iterable[str],
) -> dict[str, IntArray]:
    """Codes (samples, *shape) of those inner values that have wires.

    Args:
        sources: the Verilog files.
        manifest: what lies beside them.
        graph: what they were emitted from; nothing is returned for files of another one.
        inputs: codes (samples, *shape) by input.
        beats: the same as beats for the input stream (samples, beats, words).
        keep: names of the values to return.

    Raises:
        MissingToolError: Verilator 5 or g++ is missing.
        EdgemlError: the files do not compile or run.
    """
    if manifest.graph != graph.digest:
        return {}
    expanded = prepare_circuit(graph)
    inner = [name for name in dict.fromkeys(keep) if name in expanded.infos]
    if manifest.mode == "parallel":
        return _of_core(sources, _parallel(expanded, manifest, inputs), inner)
    names = module_names()
    top = names.unique(manifest.top)
    taps = taps_of(expanded, plan(expanded, manifest.reuse_factor), top, names, _NO_LEVELS)
    values: dict[str, IntArray] = {}
    for tap, passed in zip(taps, _tapped(sources, manifest, taps, beats), strict=True):
        if passed.shape[0] != len(beats) * tap.beats[0].count:
            continue  # with a beat missing or too many, no beat can be assigned to a sample
        codes = _decoded(passed, tap)
        if tap.core is None or tap.design is None:
            values |= codes
        else:
            streamed = _StreamedCodes(tap.core, tap.design, codes)
            values |= _of_core(sources, streamed, [name for name in inner if name in tap.design.values])
    return {
        name: values[name].reshape(len(beats), *expanded.info(name).shape) for name in inner if name in values
    }


def _parallel(graph: Graph, manifest: VerilogManifest, inputs: Mapping[str, IntArray]) -> _StreamedCodes:
    names = module_names()
    design = elaborate(graph)
    core = write_core(design, schedule(design, _NO_LEVELS), names.unique(manifest.top), names)
    return _StreamedCodes(
        core, design, {name: inputs[name].reshape(len(inputs[name]), -1) for name in graph.inputs}
    )


# ---------------------------------------------------------------- a core that is held


def _of_core(sources: Sequence[Path], streamed: _StreamedCodes, names: Iterable[str]) -> dict[str, IntArray]:
    """Codes (vectors, *shape in the core's graph) of the values whose elements all have wires."""
    design, places = streamed.design, wires(streamed.design)
    values = {name: elements(design.values[name]) for name in names if name not in design.inputs}
    values = {name: nums for name, nums in values.items() if all(_visible(n, design, places) for n in nums)}
    cells = {id(num.cell): num.cell for nums in values.values() for num in nums if id(num.cell) in places}
    wire_codes = _read_wires(sources, streamed, [(places[key], cell) for key, cell in cells.items()])
    columns = dict(zip(cells, wire_codes.T, strict=True))
    return {
        name: _assembled(nums, design.graph.info(name), streamed, columns) for name, nums in values.items()
    }


def _visible(num: Num, design: Design, places: Mapping[int, str]) -> bool:
    cell = num.cell
    if cell.is_const or design.layers[cell.layer].is_input:
        return True
    return id(cell) in places and cell.width <= _LANE


def _assembled(
    nums: Sequence[Num], info: ValueInfo, streamed: _StreamedCodes, columns: Mapping[int, IntArray]
) -> IntArray:
    """A value from its elements, each brought to the LSB of the value's type."""
    vectors = len(next(iter(streamed.inputs.values())))
    fracs = np.broadcast_to(np.asarray(info.type.frac), info.shape).reshape(-1)
    result = np.zeros((vectors, len(nums)), np.int64)
    for position, (num, frac) in enumerate(zip(nums, fracs, strict=True)):
        cell, shift = num.cell, int(frac) - num.frac
        if cell.is_const:
            result[:, position] = cell.lo << shift if shift >= 0 else cell.lo >> -shift
            continue
        layer = streamed.design.layers[cell.layer]
        codes = streamed.inputs[layer.nodes[0].name][:, cell.data[0]] if layer.is_input else columns[id(cell)]
        result[:, position] = codes << shift if shift >= 0 else codes >> -shift
    return result.reshape(vectors, *info.shape)


def _read_wires(
    sources: Sequence[Path], streamed: _StreamedCodes, places: Sequence[tuple[str, Cell]]
) -> IntArray:
    """Codes (vectors, wires) on the wires after the core was held at each input for its whole latency."""
    vectors = len(next(iter(streamed.inputs.values())))
    if not places:
        return np.zeros((vectors, 0), np.int64)
    core = streamed.core
    words = _packed([(streamed.inputs[port.value], port.width) for port in core.inputs])
    ports = [places[i : i + _TOGETHER] for i in range(0, len(places), _TOGETHER)]
    gets = [f"    get(dut.v{i}, &wires[{i * _TOGETHER * 2}]);" for i in range(len(ports))]
    main = COMMON + _HOLD.replace("@GETS@", "\n".join(gets)).replace("@WIRES@", str(len(places)))
    numbers = (vectors, words.shape[1], core.latency + 1)
    words_out = _run([*sources], "edgeml_probe", _probe_text(core, ports), main, words, numbers)
    return words_out.view("<i8").reshape(vectors, len(places)).astype(np.int64)


def _probe_text(core: Core, ports: Sequence[Sequence[tuple[str, Cell]]]) -> str:
    total = sum(port.bits for port in core.inputs)
    lines = [f"module edgeml_probe (\n  input wire clk,\n  input wire [{total - 1}:0] x"]
    lines += [f"  , output wire [{len(group) * _LANE - 1}:0] v{i}" for i, group in enumerate(ports)]
    pins, start = [".clk(clk)", ".ce(1'b1)"], 0
    for port in core.inputs:
        pins.append(f".{port.identifier}(x[{start + port.bits - 1}:{start}])")
        start += port.bits
    pins += [f".{port.identifier}()" for port in core.outputs]
    lines += [");", f"  {core.name} u_core ({', '.join(pins)});"]
    for i, group in enumerate(ports):
        for place, (path, cell) in enumerate(group):
            part = f"v{i}[{place * _LANE + _LANE - 1}:{place * _LANE}]"
            lines.append(f"  assign {part} = {_extended(f'u_core.{path}', cell)};")
    return "\n".join([*lines, "endmodule", ""])


def _extended(path: str, cell: Cell) -> str:
    more = _LANE - cell.width
    top = path if cell.width == 1 else f"{path}[{cell.width - 1}]"
    sign = top if cell.signed else "1'b0"
    return f"{{{{{more}{{{sign}}}}}, {path}}}" if more else path


# ---------------------------------------------------------------- a stream that runs


def _tapped(
    sources: Sequence[Path], manifest: VerilogManifest, taps: Sequence[Tap], beats: NDArray[np.uint32]
) -> list[NDArray[np.uint32]]:
    """Words (beats, words) of all beats that passed every tap."""
    text = _taps_text(manifest, taps)
    sizes = [-(-_bits(tap) // 32) for tap in taps]
    on = [
        f"    if (dut.on{i}) {{ get(dut.t{i}, now.data()); all[{i}].insert(all[{i}].end(), now.begin(), "
        f"now.begin() + {size}); }}"
        for i, size in enumerate(sizes)
    ]
    main = COMMON + _FLOW.replace("@TAPS@", "\n".join(on)).replace("@COUNT@", str(len(taps)))
    main = main.replace("@WIDEST@", str(max(sizes, default=1) + 1))
    words = beats.reshape(-1, beats.shape[-1])
    numbers = (len(words), words.shape[1], 1000 + 4 * (manifest.latency + manifest.interval))
    words_out = _run([*sources], "edgeml_taps", text, main, words, numbers)
    parts: list[NDArray[np.uint32]] = []
    start = 0
    for size in sizes:
        count = int(words_out[start])
        parts.append(words_out[start + 1 : start + 1 + count].reshape(-1, size))
        start += 1 + count
    return parts


def _taps_text(manifest: VerilogManifest, taps: Sequence[Tap]) -> str:
    source, sink = manifest.input, manifest.output
    lines = [
        "module edgeml_taps (",
        "  input wire aclk, input wire aresetn,",
        f"  input wire [{source.bits - 1}:0] s_axis_tdata, input wire s_axis_tvalid,",
        "  output wire s_axis_tready",
    ]
    lines += [f"  , output wire on{i}, output wire [{_bits(tap) - 1}:0] t{i}" for i, tap in enumerate(taps)]
    lines += [
        ");",
        f"  wire [{sink.bits - 1}:0] data;",
        "  wire valid, last;",
        f"  {manifest.top} u_top (.aclk(aclk), .aresetn(aresetn), .s_axis_tdata(s_axis_tdata),",
        "    .s_axis_tvalid(s_axis_tvalid), .s_axis_tready(s_axis_tready), .m_axis_tdata(data),",
        "    .m_axis_tvalid(valid), .m_axis_tready(1'b1), .m_axis_tlast(last));",
    ]
    for i, tap in enumerate(taps):
        lines.append(f"  assign on{i} = u_top.{tap.bus}_valid & u_top.{tap.bus}_ready;")
        lines.append(f"  assign t{i} = u_top.{tap.bus}_data;")
    return "\n".join([*lines, "endmodule", ""])


def _bits(tap: Tap) -> int:
    return sum(beats.bits for beats in tap.beats)


def _decoded(words: NDArray[np.uint32], tap: Tap) -> dict[str, IntArray]:
    """Codes (beats, elements) by value from the words of beats."""
    raw = np.ascontiguousarray(words.astype("<u4")).view(np.uint8)
    every = np.unpackbits(raw, axis=1, bitorder="little")
    values, start = dict[str, IntArray](), 0
    for beats in tap.beats:
        size, width = beats.size, beats.width
        bits = every[:, start : start + beats.bits].reshape(-1, size, width)
        codes = (bits.astype(np.int64) << np.arange(width)).sum(axis=-1)
        values[beats.value] = codes - ((codes >> (width - 1)) << width) if beats.signed else codes
        start += beats.bits
    return values


# ---------------------------------------------------------------- both


def _packed(parts: Iterable[tuple[IntArray, int]]) -> NDArray[np.uint32]:
    """Codes (vectors, elements) of a width each, side by side from the lowest bit on, as words."""
    bits = [
        ((codes[..., np.newaxis] >> np.arange(width)) & 1).astype(np.uint8).reshape(len(codes), -1)
        for codes, width in parts
    ]
    data = np.packbits(np.concatenate(bits, axis=1), axis=1, bitorder="little")
    padded = np.zeros((len(data), -(-data.shape[1] // 4) * 4), np.uint8)
    padded[:, : data.shape[1]] = data
    return padded.view("<u4")


def _run(
    sources: Sequence[Path], top: str, text: str, main: str, words: NDArray[np.uint32], numbers: Iterable[int]
) -> NDArray[Any]:
    """Compile the sources with a wrapper module, run it on `words` and return the words it wrote."""
    with scratch_folder() as name:
        scratch = Path(name)
        (scratch / f"{top}.v").write_text(text)
        program = verilator.simulation([*sources, scratch / f"{top}.v"], top, main)
        words.astype("<u4").tofile(scratch / "in")
        command = [program, "in", "out", *map(str, numbers)]
        run(command, scratch, scratch / "log", _SECONDS, writes=[scratch / "out"])
        return np.fromfile(scratch / "out", "<u4")


_HOLD = r"""
int main(int argc, char** argv) {
  // in out vectors words clocks
  if (argc != 6) fail("arguments");
  Verilated::commandArgs(argc, argv);
  const long vectors = std::atol(argv[3]), words = std::atol(argv[4]), clocks = std::atol(argv[5]);
  FILE *in = std::fopen(argv[1], "rb"), *out = std::fopen(argv[2], "wb");
  Words given(words), wires(2 * @WIRES@);
  Vdut dut;
  for (long vector = 0; vector < vectors; ++vector) {
    if (!in || !out || std::fread(given.data(), 4, words, in) != size_t(words)) fail("cannot read the input");
    put(dut.x, given.data());
    for (long i = 0; i < clocks; ++i) { dut.clk = 0; dut.eval(); dut.clk = 1; dut.eval(); }
@GETS@
    if (std::fwrite(wires.data(), 4, wires.size(), out) != wires.size()) fail("cannot write the output");
  }
  if (std::fclose(out)) fail("cannot write the output");
  return 0;
}
"""

_FLOW = r"""
int main(int argc, char** argv) {
  // in out beats words patience
  if (argc != 6) fail("arguments");
  Verilated::commandArgs(argc, argv);
  const long beats = std::atol(argv[3]), words = std::atol(argv[4]), patience = std::atol(argv[5]);
  Words given(beats * words), now(@WIDEST@);
  FILE* file = std::fopen(argv[1], "rb");
  if (!file || std::fread(given.data(), 4, given.size(), file) != given.size()) fail("cannot read the input");
  std::fclose(file);
  std::vector<Words> all(@COUNT@);
  Vdut dut;
  for (int i = 0; i < 6; ++i) { dut.aresetn = 0; dut.s_axis_tvalid = 0; dut.aclk = i % 2; dut.eval(); }
  dut.aresetn = 1;
  for (long sent = 0, quiet = 0; quiet < patience; ++quiet) {
    dut.s_axis_tvalid = sent < beats;
    put(dut.s_axis_tdata, &given[(sent < beats ? sent : 0) * words]);
    dut.aclk = 0;
    dut.eval();
    if (dut.s_axis_tvalid && dut.s_axis_tready) { ++sent; quiet = 0; }
@TAPS@
    dut.aclk = 1;
    dut.eval();
  }
  file = std::fopen(argv[2], "wb");
  for (auto& part : all) {
    const uint32_t size = part.size();
    if (!file || std::fwrite(&size, 4, 1, file) != 1 || std::fwrite(part.data(), 4, size, file) != size)
      fail("cannot write the output");
  }
  if (std::fclose(file)) fail("cannot write the output");
  return 0;
}
"""
