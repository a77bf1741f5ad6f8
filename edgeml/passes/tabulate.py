"""Tabulate: what a table says in fewer gates becomes one.

    cast(x)            ->  lookup(x)     a cast that adds to round, of a value of at most six bits
    cast(lookup(x))    ->  lookup(x)     the entries are cast instead; and so for relu and a second lookup

A table of six bits is one LUT per bit of the result, without a carry chain. Rounding to nearest takes an
adder, so it costs more: for sixteen values of 6 bits to 3, with ties to even and saturation, Yosys counts 64
LUT and 32 CARRY4 as arithmetic, 48 LUT as tables. Rounding down is wiring, and stays. From eight bits on a
table is larger. (Decision 128.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgeml.fixed import FixedType, IntArray, Round
from edgeml.ir import Graph, Node, ValueInfo
from edgeml.ir.bias import only_user
from edgeml.ir.grid import grids
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.relu import Relu
from edgeml.passes._base import Pass, new_name
from edgeml.passes.drop_unused import DropUnused

_WIDEST = 6
"""Bits of the inputs of one LUT of a 7 series device; two of four inputs elsewhere."""


@dataclass(frozen=True)
class Tabulate(Pass):
    """No narrow value is rounded by an adder, and nothing but a table works on a table's entries alone.

    A result keeps its name and type.
    """

    def requires(self, graph: Graph) -> str:
        return ""

    def rewrite(self, graph: Graph) -> Graph:
        while (node := _next(graph)) is not None:
            graph = _tabulated(graph, node)
        return graph

    def ensures(self, graph: Graph) -> str:
        node = _next(graph)
        return "" if node is None else f"{node.name} can be a table"


def _next(graph: Graph) -> Node | None:
    """A node that can be a table."""
    proven = grids(graph)
    return next((node for node in graph.nodes if _follows(graph, node) or _narrow(graph, node, proven)), None)


def _follows(graph: Graph, node: Node) -> bool:
    """True for a relu, a lookup or a cast to no more bits that is all that reads a lookup."""
    if not isinstance(node.op, Cast | Relu | Lookup) or node.name in graph.constants:
        return False
    source, result = graph.node(node.inputs[0]), graph.info(node.name)
    if not isinstance(source.op, Lookup) or only_user(graph, source.name) is not node:
        return False
    return isinstance(result.type, FixedType) and _wide(result) <= _wide(graph.info(source.name))


def _narrow(graph: Graph, node: Node, proven: Mapping[str, IntArray]) -> bool:
    """True for a cast that rounds other than down, of a value of few bits."""
    if not isinstance(node.op, Cast) or node.op.rounding is Round.TRN or node.name in graph.constants:
        return False
    source = graph.info(node.inputs[0])
    one_type = isinstance(source.type, FixedType) and isinstance(node.op.to, FixedType)
    if not one_type or _wide(source) > _WIDEST or graph.info(node.name).is_constant:
        return False
    return node.op.rounds(proven[node.inputs[0]])


def _wide(info: ValueInfo) -> int:
    return info.scalar.width


def _tabulated(graph: Graph, node: Node) -> Graph:
    """The graph with a table in place of one node."""
    names = {other.name for other in graph.nodes}
    source = graph.node(node.inputs[0])
    if isinstance(source.op, Lookup):
        index, entries = source.inputs[0], graph.info(source.inputs[1])
    else:
        index, kind = source.name, graph.info(source.name).scalar
        codes = np.arange(kind.lo, kind.hi + 1)
        entries = ValueInfo(codes.shape, kind, codes, codes)
    others = tuple(graph.info(name) for name in node.inputs[1:])
    table = new_name(f"{node.name}.table", names)
    const = Const(
        _applied(node, (entries, *others), graph.info(node.name).scalar), graph.info(node.name).scalar
    )
    nodes: list[Node] = []
    for other in graph.nodes:
        if other is node:
            nodes += [Node(table, const), Node(node.name, Lookup(), (index, table))]
        else:
            nodes.append(other)
    return DropUnused().apply(Graph(graph.name, nodes, graph.outputs))


def _applied(node: Node, infos: tuple[ValueInfo, ...], kind: FixedType) -> IntArray:
    """The entries of a table behind the node; those that no index reaches are brought into the type."""
    result = node.op.infer(*infos)
    codes = node.op.evaluate([info.lo[np.newaxis] for info in infos], infos, result)[0]
    return np.clip(codes, kind.lo, kind.hi)
