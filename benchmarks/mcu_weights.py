"""Flash and instructions of the C by the bits of its weights, on a Cortex-M4.

    python -m benchmarks.mcu_weights runs/digits_mlp runs/mnist_mlp runs/mnist_cnn

The weights of a run's MatMul and Conv are drawn evenly from all codes of a width, or ternary, or binary;
"pruned" has nine zeros in ten of 8-bit codes. Nothing else is changed, so that bytes differ by the weights
alone; accuracy is not asked for.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from edgeml import backends
from edgeml.checks import golden
from edgeml.fixed import FixedType, IntArray
from edgeml.footprint import CoreFigures, measure
from edgeml.ir import Graph, Node
from edgeml.ir.ops._linear import Linear
from edgeml.ir.ops.const import Const
from edgeml.mcus import cores
from edgeml.runs import Run

Draw = Callable[[np.random.Generator, tuple[int, ...]], IntArray]


def _of_bits(bits: int) -> Draw:
    return lambda rng, shape: rng.integers(-(1 << (bits - 1)), 1 << (bits - 1), shape)


KINDS: dict[str, Draw] = {
    "8 bits": _of_bits(8),
    "4 bits": _of_bits(4),
    "3 bits": _of_bits(3),
    "2 bits": _of_bits(2),
    "ternary": lambda rng, shape: rng.integers(-1, 2, shape),
    "binary": lambda rng, shape: 2 * rng.integers(0, 2, shape) - 1,
    "pruned": lambda rng, shape: np.where(rng.random(shape) < 0.1, rng.integers(-128, 128, shape), 0),
}


def with_weights(graph: Graph, draw: Draw) -> Graph:
    """The graph with other codes of 8 bits as weights of its products."""
    rng = np.random.default_rng(0)
    weights = {node.inputs[1] for node in graph.nodes if isinstance(node.op, Linear)}

    def changed(node: Node) -> Node:
        if node.name not in weights:
            return node
        info = graph.info(node.name)
        codes = draw(rng, info.shape)
        coarser = 7 - int(np.log2(np.abs(codes).max()))  # no layer falls silent
        return Node(node.name, Const(codes, FixedType(True, 8, int(np.max(info.type.frac)) - coarser)))

    return Graph(graph.name, [changed(node) for node in graph.nodes], graph.outputs)


def figures(graph: Graph, inputs: dict[str, IntArray], is_packed: bool) -> CoreFigures:
    """The bytes that the C takes."""
    c = backends.load("c")
    with tempfile.TemporaryDirectory() as folder:
        c.emit(graph, c.options({"pack_weights": is_packed})).write(Path(folder))
        return measure(Path(folder), graph, cores.load("cortex-m4"), inputs)


def main() -> None:
    """Print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+")
    rows: dict[str, Any] = {}
    for name in parser.parse_args().runs:
        run = Run.find(name)
        graph = run.graph()
        inputs = {k: v[:2] for k, v in golden.read(run.golden_file, graph).inputs.items()}
        for kind, draw in KINDS.items():
            for is_packed in (False, True):
                own = figures(with_weights(graph, draw), inputs, is_packed)
                rows[f"{run.name}, {kind}{', packed' if is_packed else ''}"] = {
                    "flash": own.flash,
                    "constants": own.constants,
                    "instructions": round(own.instructions),
                }
    print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
