"""Variants of an exact graph in which some casts lose next to nothing.

A cast "in float" has ten bits more below its LSB and all the bits above that its value can need; one that
makes negative values zero still does. Every variant is an exact graph like any other.

Invariant: what is not named is as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from edgeml.fixed import FixedType, Overflow, Round, cover
from edgeml.ir import Composite, Graph, Node
from edgeml.ir.op import Op
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.lookup import Lookup

FINER_BITS = 10
"""Below the LSB of a cast that stands for one in float."""


def lossy(graph: Graph) -> tuple[Node, ...]:
    """The nodes that round real values: inputs, and casts of what is not constant."""
    return tuple(
        node
        for node in graph.nodes
        if isinstance(node.op, Input)
        or (isinstance(node.op, Cast) and not graph.info(node.inputs[0]).is_constant)
    )


def can_be_float(graph: Graph, node: Node) -> bool:
    """False for a cast that is the index of a table: a wider one would need another table."""
    return not any(isinstance(user.op, Lookup | Composite) for user in graph.users[node.name])


def in_float(graph: Graph, names: Collection[str], x: Any) -> Graph:
    """The graph with these inputs and casts in float.

    Args:
        graph: the exact graph.
        names: of inputs and casts, see `lossy`.
        x: samples of its one input, whose range a wider input type has to hold.

    Raises:
        EdgemlError: the variant needs more than 63 bits.
    """
    largest = float(np.abs(np.asarray(x)).max(initial=0))

    def changed(node: Node) -> Op:
        if node.name not in names or not can_be_float(graph, node):
            return node.op
        if isinstance(node.op, Cast):
            source = graph.info(node.inputs[0])
            low, high = source.aligned(source.frac)
            needed = cover(int(low.min()), int(high.max()), source.frac).integer
            return replace(
                node.op,
                to=_finer(graph.info(node.name).scalar, needed + 1),
                rounding=Round.RND_CONV,
                overflow=Overflow.SAT,
            )
        assert isinstance(node.op, Input)
        integer = int(np.ceil(np.log2(largest))) + 2 if largest > 0 else 1
        return replace(node.op, type=_finer(graph.info(node.name).scalar, integer))

    return with_ops(graph, {node.name: changed(node) for node in lossy(graph)})


def with_ops(graph: Graph, ops: Mapping[str, Op]) -> Graph:
    """The graph with other ops in some of its nodes.

    Raises:
        EdgemlError: it does not verify.
    """
    nodes = [Node(node.name, ops.get(node.name, node.op), node.inputs) for node in graph.nodes]
    return Graph(graph.name, nodes, list(graph.outputs), graph.notes)


def retyped(graph: Graph, name: str, kind: FixedType) -> Graph:
    """The graph with another type of one input or cast.

    Raises:
        EdgemlError: it does not verify.
    """
    op = graph.node(name).op
    if isinstance(op, Cast):
        return with_ops(graph, {name: replace(op, to=kind)})
    assert isinstance(op, Input)
    return with_ops(graph, {name: replace(op, type=kind)})


def _finer(kind: FixedType, integer: int) -> FixedType:
    """More bits below the LSB, and at least `integer` above the point."""
    frac = kind.frac + FINER_BITS
    return FixedType(kind.signed, max(integer, kind.integer) + frac, frac)
