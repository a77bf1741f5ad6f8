"""FoldConstants: what is computed from constants alone becomes a constant."""

from __future__ import annotations

from dataclasses import dataclass

from edgeml.ir import Graph, Node, constant_codes
from edgeml.ir.ops.const import Const
from edgeml.passes._base import Pass


@dataclass(frozen=True)
class FoldConstants(Pass):
    """Every node that no input reaches is a Const of its own name and type."""

    def requires(self, graph: Graph) -> str:
        return ""

    def rewrite(self, graph: Graph) -> Graph:
        if not self.ensures(graph):
            return graph
        codes = constant_codes(graph)
        nodes = [
            Node(node.name, Const(codes[node.name], graph.info(node.name).type))
            if node.name in codes and not isinstance(node.op, Const)
            else node
            for node in graph.nodes
        ]
        return Graph(graph.name, nodes, graph.outputs)

    def ensures(self, graph: Graph) -> str:
        constants = {node.name for node in graph.nodes if isinstance(node.op, Const)}
        computed = (node for node in graph.nodes if node.inputs and constants.issuperset(node.inputs))
        left = next((node.name for node in computed), "")
        return left and f"{left} depends on constants alone"
