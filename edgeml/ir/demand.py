"""The bits that the largest partial sum of an op needs, in units of the finest grid it lies on.

`Op.demand`, in each op's own file, is the rule; `edgeml.ir.steps` says why a float kernel is exact below it.
The bound also covers an op's inputs, its result and what a rounding needs in between.

Invariant: `demand` is never below the bits that any intermediate value of the emitted ops needs.
"""

from __future__ import annotations

from collections.abc import Mapping

from edgeml.fixed import IntArray
from edgeml.ir.graph import Graph, Node
from edgeml.ir.ops._linear import Linear
from edgeml.ir.steps import GridInfo, Sums


def demand(graph: Graph, node: Node, grids: Mapping[str, IntArray]) -> int:
    """Bits of the largest intermediate of one op, inputs and result included.

    Args:
        graph: the graph.
        node: one of its nodes.
        grids: of all values, see `edgeml.ir.grid.grids`.
    """
    inputs = [GridInfo(graph.info(name), grids[name]) for name in node.inputs]
    return node.op.demand(inputs, GridInfo(graph.info(node.name), grids[node.name]))


def sums_of(graph: Graph, node: Node, grids: Mapping[str, IntArray]) -> Sums:
    """The partial sums of a linear op of the graph."""
    assert isinstance(node.op, Linear)
    x, w = (GridInfo(graph.info(name), grids[name]) for name in node.inputs)
    return node.op.sums(x, w)
