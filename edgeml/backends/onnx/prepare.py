"""Rewrite the graph so that the ops that are left are the ones worth running.

    max_pool(cast(x))  ->  cast(max_pool(x))   a cast is monotone if it saturates, so the two commute and
                                               the rounding touches only the values that survive
    cast(relu(x))      ->  cast(x)             when the cast saturates at zero anyway

Ops that no output needs are dropped; inputs stay, they are the model's interface.

Invariant: every output has the codes and the LSB it had before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgeml.fixed import FixedType, Overflow
from edgeml.ir import Composite, Graph, Node
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.relu import Relu
from edgeml.passes import Pass, prepare
from edgeml.passes.drop_unused import DropUnused

_WIDEST_POOL = 24
"""A wider value is cast first: pooling in float64 would cost more than it saves."""


@dataclass(frozen=True)
class Prepare(Pass):
    """Core ops only, in an order that is quick to execute."""

    def requires(self, graph: Graph) -> str:
        del graph
        return ""

    def ensures(self, graph: Graph) -> str:
        left = next((node.name for node in graph.nodes if isinstance(node.op, Composite)), "")
        return left and f"{left} is still composite"

    def rewrite(self, graph: Graph) -> Graph:
        """The rewritten graph; node names stay where the values stay."""
        graph = prepare(graph)
        by_name = {node.name: node for node in graph.nodes}
        users = {name: len(nodes) for name, nodes in graph.users.items()}
        for name in graph.outputs:
            users[name] += 1
        nodes: list[Node] = []
        for node in graph.nodes:
            nodes += _rewritten(graph, node, by_name, users)
        rewritten = graph if tuple(nodes) == graph.nodes else Graph(graph.name, nodes, graph.outputs)
        return DropUnused().apply(rewritten)


def _rewritten(
    graph: Graph, node: Node, nodes: Mapping[str, Node], users: Mapping[str, int]
) -> tuple[Node, ...]:
    """What stands in the place of `node`."""
    if not node.inputs:
        return (node,)
    source = nodes[node.inputs[0]]
    if isinstance(node.op, MaxPool) and isinstance(source.op, Cast):
        cast, op = source.op, node.op
        wide = graph.info(source.inputs[0]).scalar.width > _WIDEST_POOL
        fewer = graph.info(node.name).size < graph.info(source.name).size
        name = f"{node.name}.max"
        if users[source.name] == 1 and _monotone(cast) and fewer and not wide and name not in nodes:
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
