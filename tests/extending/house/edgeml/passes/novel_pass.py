"""NovelPass: no Relu of a value that is never negative."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.ir import Graph, Node
from edgeml.ir.ops.relu import Relu
from edgeml.passes._base import Pass


@dataclass(frozen=True)
class NovelPass(Pass):
    """Such a Relu goes, and what read it reads its input."""

    def requires(self, graph: Graph) -> str:
        del graph
        return ""

    def rewrite(self, graph: Graph) -> Graph:
        same = {node.name: node.inputs[0] for node in graph.nodes if _does_nothing(node, graph)}
        if not same:
            return graph
        nodes = [
            Node(node.name, node.op, tuple(_source(name, same) for name in node.inputs))
            for node in graph.nodes
            if node.name not in same
        ]
        return Graph(graph.name, nodes, graph.outputs, graph.notes)

    def ensures(self, graph: Graph) -> str:
        left = next((node.name for node in graph.nodes if _does_nothing(node, graph)), "")
        return left and f"{left} does nothing"


def _does_nothing(node: Node, graph: Graph) -> bool:
    if node.name in graph.outputs or not isinstance(node.op, Relu):
        return False
    return bool(np.all(graph.info(node.inputs[0]).lo >= 0))


def _source(name: str, same: dict[str, str]) -> str:
    while name in same:
        name = same[name]
    return name
