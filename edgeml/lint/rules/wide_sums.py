"""Sums beyond the 24 bits that float32 holds exactly, and beyond the 53 of float64."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.ir import Composite
from edgeml.ir.demand import demand
from edgeml.ir.grid import grids
from edgeml.ir.steps import FLOAT32_BITS, FLOAT64_BITS
from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.subject import Subject, SubjectPart


def find(subject: Subject) -> Iterator[Finding]:
    """The widest op of every layer whose sums need more than 24 bits."""
    graph = subject.graph
    proven = grids(graph)
    widest: dict[str, int] = {}
    for node in graph.nodes:
        if node.inputs and not isinstance(node.op, Composite):
            widest[node.layer] = max(widest.get(node.layer, 0), demand(graph, node, proven))
    for layer, bits in widest.items():
        if bits > FLOAT64_BITS:
            yield Finding(layer, f"needs {bits} bits for its sums: beyond float64, so no ONNX model is exact")
        elif bits > FLOAT32_BITS:
            yield Finding(layer, f"needs {bits} bits for its sums, and float32 holds {FLOAT32_BITS}")


RULE = Rule(
    severity=Severity.WARNING,
    title="sums beyond float32 or float64",
    why="What computes in float32, as Keras does, rounds sums beyond 24 bits, so that its integers may "
    "differ, and the exact ONNX model needs float64 there, which is slower; beyond 53 bits there is none.",
    remedy="fewer bits of weights or activations in front of the layer, or a quantizer between two layers",
    needs=(SubjectPart.GRAPH,),
    find=find,
)
