"""LUTs of dense layers: edgeml's adder graphs (da4ml) against plain multipliers, both mapped by Yosys.

    .venv/bin/python -m benchmarks.luts [--family ecp5 --family xilinx7] [--out docs/benchmarks-luts.md]

Shapes and widths are those of the presets, weights random with the spread of trained ones (normal, a third
of the range). The plain side is what one writes down: every output the sum of `weight * input`, weights as
constants, without pipeline, DSP blocks off (`-nodsp`); Yosys may do with the constants what it can. The plain
text takes the place of the emitted core, so that both sides go through the same simulation: every integer of
200 random inputs is equal before a LUT is counted.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from edgeml import boards, families
from edgeml.backends.verilog import BACKEND
from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.backends.verilog.runner import Simulation
from edgeml.fixed import FixedType, IntArray
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.tools import yosys

_HEADER = """\
# LUTs: adder graphs against plain multipliers

Written by `python -m benchmarks.luts` on {date} with Yosys {version}, Python {python}. Dense layers of the
presets' shapes and widths, random weights of normal spread. Plain: every output `w0*x0 + w1*x1 + ...` with
constant weights, DSP blocks off. Adder graph: what edgeml emits (da4ml), without pipeline as the plain side,
and pipelined for 100 MHz as it is used. All were simulated first: equal integers on 200 random inputs each.
LUTs are counted as in [synthesis](synthesis.md).

| family | layer | shape | bits | nonzero weights | plain | adder graph | saved | pipelined | saved |
|---|---|---|---|---|---|---|---|---|---|"""


@dataclass(frozen=True)
class Layer:
    """A dense layer of a preset: unsigned inputs behind a ReLU, or signed ones from the data."""

    name: str
    inputs: int
    outputs: int
    input_bits: int
    signed: bool
    weight_bits: int


LAYERS = (
    Layer("iris_mlp logits", 16, 3, 8, False, 8),
    Layer("iris_mlp fc1", 4, 16, 8, True, 8),
    Layer("jets_mlp logits", 32, 5, 6, False, 6),
    Layer("digits_mlp logits", 32, 10, 6, False, 6),
    Layer("cancer_mlp fc1", 30, 16, 8, True, 8),
    Layer("digits_mlp fc2", 32, 32, 6, False, 6),
)
_SIDES: dict[str, dict[str, float]] = {
    "plain": {"adders_per_stage": 1000},
    "flat": {"adders_per_stage": 1000},
    "pipelined": {"clock_mhz": 100.0},
}
BOARD = {"ecp5": "ulx3s-85f", "xilinx7": "pynq-z2", "ice40": "icebreaker"}


@dataclass(frozen=True)
class Row:
    """LUTs of a layer on a family."""

    family: str
    layer: Layer
    nonzero: int
    plain: float
    flat: float
    pipelined: float
    seconds: float
    version: str


def weights(layer: Layer) -> IntArray:
    """Integer weights (inputs, outputs)."""
    top = 2 ** (layer.weight_bits - 1)
    drawn = np.random.default_rng(7).normal(0, top / 3, (layer.inputs, layer.outputs))
    return np.clip(np.rint(drawn), -top, top - 1).astype(np.int64)


def graph_of(layer: Layer, values: IntArray) -> Graph:
    """The layer alone."""
    build = Builder("dense")
    x = build.input((layer.inputs,), FixedType(layer.signed, layer.input_bits, 0), "x")
    w = build.const(values, FixedType(True, layer.weight_bits, 0), "w")
    return build.graph(build.add(MatMul(), x, w, name="y"))


def plain(layer: Layer, values: IntArray, bits: int) -> str:
    """The layer as sums of products, under the name and ports of the emitted core."""
    wide = layer.input_bits
    lines = [
        "module dense_core (input wire clk, input wire ce,",
        f"  input wire [{layer.inputs * wide - 1}:0] x, output wire [{layer.outputs * bits - 1}:0] out_y);",
    ]
    for i in range(layer.inputs):
        part = f"x[{i * wide} +: {wide}]"
        width, word = (wide, part) if layer.signed else (wide + 1, f"{{1'b0, {part}}}")
        lines.append(f"  wire signed [{width - 1}:0] x{i} = {word};")
    for j in range(layer.outputs):
        terms: list[str] = []
        for i in np.flatnonzero(values[:, j]):
            # A wire of the product's own width: in the sum's context it would be as wide as the sum.
            product = layer.input_bits + layer.weight_bits
            weight = _constant(int(values[i, j]), layer.weight_bits)
            lines.append(f"  wire signed [{product}:0] p{j}_{i} = x{i} * {weight};")
            terms.append(f"p{j}_{i}")
        lines.append(f"  wire signed [{bits - 1}:0] y{j} = {' + '.join(terms) or '0'};")
        lines.append(f"  assign out_y[{j * bits} +: {bits}] = y{j};")
    return "\n".join([*lines, "endmodule", ""])


def _constant(weight: int, bits: int) -> str:
    """A signed constant of one bit more, so that the most negative weight has a magnitude."""
    return f"{'-' if weight < 0 else ''}{bits + 1}'sd{abs(weight)}"


def measure(family: str, layer: Layer, work: Path) -> Row:
    """Emit, check and count one layer on one family."""
    values = weights(layer)
    graph = graph_of(layer, values)
    chip = families.mapped(boards.load(BOARD[family]))
    luts: dict[str, float] = {}
    start = time.monotonic()
    for name, settings in _SIDES.items():
        folder = work / name
        BACKEND.emit(graph, BACKEND.options({"mode": "parallel", **settings})).replace(folder)
        manifest = VerilogManifest.read(folder)
        (lanes,) = manifest.output.values
        if name == "plain":
            (folder / "dense_core.v").write_text(plain(layer, values, lanes.width))
        inputs = {"x": _random(layer)}
        got = Simulation(stalls=False).run(folder, graph, inputs)
        assert np.array_equal(got["y"], evaluate_codes(graph, inputs)["y"]), f"{layer.name}, {name}"
        names = ["dense_core.v"] if name == "plain" else manifest.files
        sources = [folder / file for file in names]
        passes = f"{chip.mapping.passes} {chip.mapping.core} {chip.mapping.no_dsp}"
        synthesized = yosys.synthesize(
            sources, "dense_core", passes, folder, output="out", oldest=chip.mapping.oldest
        )
        lut = chip.usage(synthesized.cells).lut
        assert lut is not None
        luts[name] = lut.value
    seconds = time.monotonic() - start
    return Row(
        family, layer, int(np.count_nonzero(values)), **luts, seconds=seconds, version=synthesized.version
    )


def _random(layer: Layer) -> IntArray:
    low = -(2 ** (layer.input_bits - 1)) if layer.signed else 0
    return np.random.default_rng(3).integers(low, low + 2**layer.input_bits, (200, layer.inputs))


def page(rows: Sequence[Row]) -> Iterator[str]:
    """The page, Markdown."""
    now = datetime.now(UTC)
    yield _HEADER.format(date=f"{now:%Y-%m-%d}", version=rows[0].version, python=platform.python_version())
    for row in rows:
        at = row.layer
        yield (
            f"| {families.load(row.family).title} | {at.name} | {at.inputs} x {at.outputs} | "
            f"{at.input_bits}, {at.weight_bits} | {row.nonzero} | {row.plain:,.0f} | {row.flat:,.0f} | "
            f"{1 - row.flat / row.plain:.0%} | {row.pipelined:,.0f} | {1 - row.pipelined / row.plain:.0%} |"
        )
    least = min(1 - row.pipelined / row.plain for row in rows)
    yield ""
    yield f"The least that the pipelined adder graph saves in this table is {least:.0%}."
    yield ""


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--family", action="append", choices=sorted(BOARD), help="default: ecp5 and xilinx7")
    parser.add_argument("--layers", type=int, default=len(LAYERS), help="only the first so many")
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks-luts.md"))
    chosen = parser.parse_args()
    rows: list[Row] = []
    for layer in LAYERS[: chosen.layers]:
        for family in chosen.family or ["ecp5", "xilinx7"]:
            with tempfile.TemporaryDirectory(prefix="edgeml-luts-") as work:
                rows.append(measure(family, layer, Path(work)))
            last = rows[-1]
            print(
                f"{family} {layer.name}: plain {last.plain:,.0f}, adder graph {last.flat:,.0f}, "
                f"pipelined {last.pipelined:,.0f}, {last.seconds:.0f} s",
                flush=True,
            )
            chosen.out.write_text("\n".join(page(rows)))  # whole after each layer: the run takes minutes


if __name__ == "__main__":
    main()
