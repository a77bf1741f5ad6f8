"""Expand: replace composite ops by the core ops they stand for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edgeml.ir import Builder, Composite, Graph, Node
from edgeml.ir.ops.scale import Scale
from edgeml.passes._base import Pass, new_name


def _every(node: Node) -> bool:
    del node
    return True


@dataclass(frozen=True)
class Expand(Pass):
    """Composite ops become core ops; the last op of an expansion takes the composite's name.

    Args:
        which: tells for a composite node whether to expand it; a back end leaves out those that it
            expresses itself.
    """

    which: Callable[[Node], bool] = _every

    def requires(self, graph: Graph) -> str:
        return ""

    def ensures(self, graph: Graph) -> str:
        left = next((node.name for node in graph.nodes if self._chosen(node)), "")
        return left and f"{left} is still composite"

    def rewrite(self, graph: Graph) -> Graph:
        """Expand until no chosen composite is left."""
        while any(self._chosen(node) for node in graph.nodes):
            graph = self._once(graph)
        return graph

    def _chosen(self, node: Node) -> bool:
        return isinstance(node.op, Composite) and self.which(node)

    def _once(self, graph: Graph) -> Graph:
        names = {node.name for node in graph.nodes}
        nodes: list[Node] = []
        for node in graph.nodes:
            if isinstance(node.op, Composite) and self.which(node):
                nodes += _expansion(graph, node, node.op, names)
            else:
                nodes.append(node)
        return Graph(graph.name, nodes, graph.outputs)


def _expansion(graph: Graph, node: Node, op: Composite, names: set[str]) -> list[Node]:
    build = Builder(graph.name, values={name: graph.info(name) for name in node.inputs})
    last = op.expand(build, *node.inputs)
    if build.node(last) is None:  # it stands for one of its inputs, which keeps its own name
        last = build.add(Scale(0), last)
    renamed: dict[str, str] = {}
    for part in build.nodes:
        renamed[part.name] = new_name(f"{node.name}.{part.name}", names)
    renamed[last] = node.name
    return [
        Node(renamed[part.name], part.op, tuple(renamed.get(name, name) for name in part.inputs))
        for part in build.nodes
    ]
