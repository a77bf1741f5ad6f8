"""CountBits: a sum of many bits counts them six at a time, each count a table.

    sum_pool(x)  ->  sum_pool(lookup(cast(x @ places)))

`places` puts six bits beside each other. Their count has three bits, each one LUT of six inputs, which is
fewer than sums of pairs, and of pairs of these, take. On chips with LUTs of four inputs it takes as many or
more; the Verilog is one text for all. (Decision 137 has the figures.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.fixed import FixedType, Overflow, Round
from edgeml.ir import Graph, Node
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.sum_pool import SumPool
from edgeml.ir.ops.transpose import Transpose
from edgeml.passes._base import Pass, new_name

_TOGETHER = 6
"""Inputs of one LUT of a 7 series device."""

_LEAST = 4
"""Bits whose sum is counted; of three, a sum takes two LUTs as well."""


@dataclass(frozen=True)
class CountBits(Pass):
    """No SumPool over a whole row of bits is left.

    The sum keeps its name and type.
    """

    def requires(self, graph: Graph) -> str:
        return ""

    def rewrite(self, graph: Graph) -> Graph:
        sums = {node.name for node in graph.nodes if _counts(graph, node)}
        if not sums:
            return graph
        names = {node.name for node in graph.nodes}
        nodes: list[Node] = []
        for node in graph.nodes:
            nodes += _counted(graph, node, names) if node.name in sums else [node]
        return Graph(graph.name, nodes, graph.outputs)

    def ensures(self, graph: Graph) -> str:
        left = next((node.name for node in graph.nodes if _counts(graph, node)), "")
        return left and f"{left} adds bits one by one"


def _counts(graph: Graph, node: Node) -> bool:
    """True for a sum over all of the second axis of (rows, bits, channels), whose codes are bits."""
    if not isinstance(node.op, SumPool) or len(node.op.pool) != 2 or node.name in graph.constants:
        return False
    x = graph.info(node.inputs[0])
    whole = node.op.pool == (1, x.shape[1]) and node.op.strides[0] == 1 and not np.any(node.op.padding)
    if not whole or x.shape[1] < _LEAST or not isinstance(x.type, FixedType):
        return False
    return (x.type.signed, x.type.width) == (False, 1)


def _counted(graph: Graph, node: Node, names: set[str]) -> list[Node]:
    """The nodes in place of a sum."""
    x = graph.info(node.inputs[0])
    rows, bits, channels = x.shape
    assert isinstance(x.type, FixedType)
    groups = -(-bits // _TOGETHER)
    index = FixedType(False, _TOGETHER, 0)
    place = np.arange(bits)
    places = np.zeros((bits, groups), np.int64)
    places[place, place // _TOGETHER] = 1 << place % _TOGETHER
    table = np.bitwise_count(np.arange(1 << _TOGETHER)).astype(np.int64)
    parts = ("together", "rows", "places", "placed", "index", "counts", "count", "columns", "sum")
    together, flat, weights, placed, code, counts, count, columns, total = (
        new_name(f"{node.name}.{part}", names) for part in parts
    )
    return [
        Node(together, Transpose((0, 2, 1)), (node.inputs[0],)),
        Node(flat, Reshape((rows * channels, bits)), (together,)),
        # A value is code * 2^-frac, so that 2^frac in the weights makes it whole.
        Node(weights, Const(places, FixedType(False, _TOGETHER, -x.type.frac))),
        Node(placed, MatMul(), (flat, weights)),
        Node(code, Cast(index, Round.TRN, Overflow.WRAP), (placed,)),
        Node(counts, Const(table, FixedType(False, 3, x.type.frac))),
        Node(count, Lookup(), (code, counts)),
        Node(columns, Reshape((rows * channels, groups, 1)), (count,)),
        Node(total, SumPool((1, groups), (1, 1), ((0, 0), (0, 0))), (columns,)),
        Node(node.name, Reshape((rows, 1, channels)), (total,)),
    ]
