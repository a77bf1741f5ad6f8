"""DropUnused: leave out what no output needs."""

from __future__ import annotations

from dataclasses import dataclass

from edgeml.ir import Graph
from edgeml.ir.ops.input import Input
from edgeml.passes._base import Pass


@dataclass(frozen=True)
class DropUnused(Pass):
    """Only nodes that an output depends on stay; inputs stay as well, they are the model's interface."""

    def requires(self, graph: Graph) -> str:
        return ""

    def rewrite(self, graph: Graph) -> Graph:
        needed = _needed(graph)
        used = [node for node in graph.nodes if node.name in needed]
        return graph if len(used) == len(graph.nodes) else Graph(graph.name, used, graph.outputs)

    def ensures(self, graph: Graph) -> str:
        needed = _needed(graph)
        left = next((node.name for node in graph.nodes if node.name not in needed), "")
        return left and f"nothing needs {left}"


def _needed(graph: Graph) -> set[str]:
    needed = {*graph.outputs, *graph.inputs}
    for node in reversed(graph.nodes):
        if node.name in needed and not isinstance(node.op, Input):
            needed.update(node.inputs)
    return needed
