"""PostponeCasts: round as few values as possible.

    max_pool(cast(x))  ->  cast(max_pool(x))   a cast is monotone if it saturates, so the two commute and
                                               the rounding touches only the values that survive
    cast(relu(x))      ->  cast(x)             when the cast saturates at zero anyway

It pays where a cast costs more than a comparison, as in ONNX Runtime; circuits and HLS gain nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgeml.fixed import FixedType, Overflow
from edgeml.ir import Graph, Node
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.relu import Relu
from edgeml.passes import Pass
from edgeml.passes.drop_unused import DropUnused

_WIDEST_POOL = 24
"""A wider value is cast first: pooling in float64 would cost more than it saves."""


@dataclass(frozen=True)
class PostponeCasts(Pass):
    """Casts stand behind max pooling, and no relu stands before a cast that does its work.

    What is left without a reader is dropped. Names stay where the values stay.

    Args:
        keep: names of casts that stay in front of their pooling.
    """

    keep: frozenset[str] = frozenset()

    def requires(self, graph: Graph) -> str:
        return ""

    def ensures(self, graph: Graph) -> str:
        left = next((old.name for old, new in self._steps(graph) if new != (old,)), "")
        return left and f"{left} can be done with fewer roundings"

    def rewrite(self, graph: Graph) -> Graph:
        while self.ensures(graph):
            nodes = [node for _, new in self._steps(graph) for node in new]
            graph = DropUnused().apply(Graph(graph.name, nodes, graph.outputs))
        return graph

    def _steps(self, graph: Graph) -> list[tuple[Node, tuple[Node, ...]]]:
        """Every node with what stands in its place after one step."""
        by_name = {node.name: node for node in graph.nodes}
        users = {name: len(nodes) for name, nodes in graph.users.items()}
        for name in (*graph.outputs, *self.keep):
            users[name] += 1
        return [(node, _rewritten(graph, node, by_name, users)) for node in graph.nodes]


def _rewritten(
    graph: Graph, node: Node, nodes: Mapping[str, Node], users: Mapping[str, int]
) -> tuple[Node, ...]:
    """The nodes that replace `node`."""
    if not node.inputs:
        return (node,)
    source = nodes[node.inputs[0]]
    if isinstance(node.op, MaxPool) and isinstance(source.op, Cast):
        cast, op = source.op, node.op
        wide = graph.info(source.inputs[0]).scalar.width > _WIDEST_POOL
        fewer = graph.info(node.name).size < graph.info(source.name).size
        name = f"{node.name}.max"
        signs = node.name not in graph.outputs or cast.to.signed == graph.info(node.name).type.signed
        free = users[source.name] == 1 and name not in nodes
        if free and signs and _monotone(cast) and fewer and not wide:
            return (Node(name, op, _past_relu(source, nodes)), Node(node.name, cast, (name,)))
    if isinstance(node.op, Cast):
        return (Node(node.name, node.op, _past_relu(node, nodes)),)
    return (node,)


def _monotone(op: Cast) -> bool:
    """True if the cast keeps the order of values, and has one LSB so that the result's type stays."""
    return op.overflow in (Overflow.SAT, Overflow.SAT_SYM) and isinstance(op.to, FixedType)


def _past_relu(cast: Node, nodes: Mapping[str, Node]) -> tuple[str, ...]:
    """The cast's input, or the input of the relu before it if the cast cuts off at zero itself."""
    source = nodes[cast.inputs[0]]
    op = cast.op
    if isinstance(op, Cast) and isinstance(source.op, Relu) and not op.to.signed and _monotone(op):
        return source.inputs
    return cast.inputs
