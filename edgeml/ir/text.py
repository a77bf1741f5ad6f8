"""The canonical text of a graph, one line per op; `edgeml.ir.parse` reads it.

    graph digits_mlp
    %input = input() {shape=[64], type=ufixed<5,5>, rounding=RND_CONV, overflow=SAT} : 64 ufixed<5,5>
    %fc1.weight = const() {codes=@fc1.weight.codes#9f3c0a51, type=fixed<6,1>} : 64x32 fixed<6,1>
    %fc1.matmul = mat_mul(%input, %fc1.weight) : 32 fixed<15,4> in [-9214, 8867]
    return %fc1.matmul

The part behind the colon is inferred. Arrays are named with the first
eight digits of their SHA-256, so that two graphs with other weights have other texts.

Invariant: equal graphs have equal texts, and `parse(to_text(g), arrays_of(g))` equals g.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from edgeml.fixed import IntArray
from edgeml.ir.attributes import encode
from edgeml.ir.ops.const import Const

if TYPE_CHECKING:
    from edgeml.ir.graph import Graph, Node


def to_text(graph: Graph) -> str:
    """The canonical text."""
    lines = [f"graph {graph.name}"]
    for node in graph.nodes:
        arrays: dict[str, IntArray] = {}
        attrs = encode_attributes(node, arrays)
        inside = ", ".join(f"{key}={_with_digests(value, arrays)}" for key, value in attrs.items())
        info = graph.info(node.name)
        line = f"%{node.name} = {node.op.op_name()}({', '.join(f'%{name}' for name in node.inputs)})"
        line += f" {{{inside}}}" if inside else ""
        line += f" : {info}"
        if node.inputs:
            line += f" in [{info.lo.min()}, {info.hi.max()}]"
        lines.append(line)
    lines.append(f"return {', '.join(f'%{name}' for name in graph.outputs)}")
    return "\n".join(lines)


def summary(graph: Graph) -> str:
    """A few lines on a graph: inputs, outputs, size and notes.

    The first line is "graph NAME: INPUT SHAPE TYPE -> OUTPUT SHAPE TYPE".
    """
    ends = [
        ", ".join(f"{name} {graph.info(name)}" for name in names) for names in (graph.inputs, graph.outputs)
    ]
    layers = dict.fromkeys(node.layer for node in graph.nodes if node.inputs)
    constants = [graph.info(node.name).size for node in graph.nodes if isinstance(node.op, Const)]
    size = f"{len(layers)} layers, {len(graph.nodes) - len(constants)} ops, {sum(constants):,} constants"
    return "\n".join([f"graph {graph.name}: {' -> '.join(ends)}", size, *(f"note: {n}" for n in graph.notes)])


def arrays_of(graph: Graph) -> dict[str, IntArray]:
    """All arrays of the graph under the names its text and its saved form use."""
    arrays: dict[str, IntArray] = {}
    for node in graph.nodes:
        encode_attributes(node, arrays)
    return arrays


def encode_attributes(node: Node, arrays: dict[str, IntArray]) -> dict[str, str]:
    """The attributes of one node as text; its arrays are put into `arrays`."""
    return {key: encode(value, f"{node.name}.{key}", arrays) for key, value in node.op.attributes().items()}


def _with_digests(text: str, arrays: Mapping[str, IntArray]) -> str:
    return re.sub(r"@([\w.]+)", lambda m: f"{m[0]}#{array_digest(arrays[m[1]])}", text)


def array_digest(array: IntArray) -> str:
    """The first eight digits of an array's SHA-256, shape included."""
    return hashlib.sha256(f"{array.shape}".encode() + array.astype("<i8").tobytes()).hexdigest()[:8]
