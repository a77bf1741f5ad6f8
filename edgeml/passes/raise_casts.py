"""RaiseCasts: narrow values are moved, not wide ones.

    cast(reshape(x))    ->  reshape(cast(x))      and so for transpose, repeat and zeros around a value
    cast(concat(a, b))  ->  concat(cast(a), cast(b))

What is carried from one layer to the next, in registers, FIFOs and arrays, then has the width of the cast.
It is done where no value is cast more often than before, so not past a slice, nor past pooling, which
compares fewer bits then but rounds more often.
"""

from __future__ import annotations

from dataclasses import dataclass

from edgeml.fixed import FixedType
from edgeml.ir import Graph, Node
from edgeml.ir.bias import only_user
from edgeml.ir.kind import Kind
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.pad import Pad
from edgeml.passes._base import Pass, new_name
from edgeml.passes.fold_constants import FoldConstants


@dataclass(frozen=True)
class RaiseCasts(Pass):
    """No cast to fewer bits stands behind an op that only moves elements and is read by nothing else.

    The result of the move is then the value that the cast had, under the cast's name.
    """

    def requires(self, graph: Graph) -> str:
        return ""

    def rewrite(self, graph: Graph) -> Graph:
        while (cast := _movable(graph)) is not None:
            graph = _raised(graph, cast)
        return graph

    def ensures(self, graph: Graph) -> str:
        cast = _movable(graph)
        return "" if cast is None else f"{cast.name} can be done before {cast.inputs[0]}"


def _movable(graph: Graph) -> Node | None:
    """A cast to one type for all elements that can stand in front of what it reads."""
    for node in graph.nodes:
        if not isinstance(node.op, Cast) or not isinstance(node.op.to, FixedType):
            continue
        (source,) = node.inputs
        if only_user(graph, source) is None or node.op.to.width >= _width(graph, source):
            continue
        if _carries(graph, graph.node(source)):
            return node
    return None


def _carries(graph: Graph, node: Node) -> bool:
    """True if every element of the result is one of the inputs', and the inputs have no more elements."""
    sources = [name for name in node.inputs if name not in graph.constants]
    if not sources:
        return False
    if isinstance(node.op, Concat):
        return all(only_user(graph, name) is node and _is_computed(graph, name) for name in sources)
    if not isinstance(node.op, Pad) and node.op.kind is not Kind.MOVES:
        return False
    return graph.info(sources[0]).size <= graph.info(node.name).size and _is_computed(graph, sources[0])


def _is_computed(graph: Graph, name: str) -> bool:
    return not isinstance(graph.node(name).op, Input | Const)


def _width(graph: Graph, name: str) -> int:
    return graph.info(name).scalar.width


def _raised(graph: Graph, cast: Node) -> Graph:
    """The graph with one cast in front of what it reads."""
    names = {node.name for node in graph.nodes}
    move, nodes = graph.node(cast.inputs[0]), list[Node]()
    for node in graph.nodes:
        if node is move:
            continue
        if node is not cast:
            nodes.append(node)
            continue
        narrow: dict[str, str] = {}
        for source in move.inputs:
            if source not in narrow:
                name = new_name(f"{cast.name}.narrow", names)
                nodes.append(Node(name, cast.op, (source,)))
                narrow[source] = name
        nodes.append(Node(cast.name, move.op, tuple(narrow[source] for source in move.inputs)))
    return FoldConstants().apply(Graph(graph.name, nodes, graph.outputs))
