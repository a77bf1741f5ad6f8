"""Finds the cause of a difference by trying the causes that occur in practice.

Invariant: a cause is only named if it reproduces every integer that the artefact gave, on all samples
traced; otherwise the answer says what is known and no more.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edgeml.fixed import IntArray, Overflow, Round, cast
from edgeml.ir import Graph, Node
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.mat_mul import MatMul


def explain(graph: Graph, name: str, want: Mapping[str, IntArray], got: Mapping[str, IntArray]) -> str:
    """One sentence about the first op that differs.

    Args:
        graph: the graph.
        name: the op's value.
        want: the reference's codes by name, inputs included.
        got: the artefact's codes, for those names it could show.
    """
    node = graph.node(name)
    if isinstance(node.op, Cast):
        return _other_mode(graph, node, node.op, want, got[name])
    linear = _nearest_mat_mul(graph, node)
    if linear is not None:
        cause = _other_weight(graph, linear, want, got[name] - want[name])
        if cause:
            return cause
    delta = got[name] - want[name]
    if delta.shape[0] > 1 and np.all(delta == delta[:1]):
        return f"{node.name} is off by the same amount in every sample, as with another bias"
    return f"{node.op.op_name()} of {node.layer} differs; its inputs agree where they could be seen"


def _other_mode(graph: Graph, node: Node, op: Cast, want: Mapping[str, IntArray], got: IntArray) -> str:
    source = node.inputs[0]
    frac = graph.info(source).type.frac
    for rounding in Round:
        for overflow in Overflow:
            if np.array_equal(cast(want[source], frac, op.to, rounding, overflow), got):
                return (
                    f"{node.name} gives what a cast with {rounding.value}, {overflow.value} gives; "
                    f"the graph says {op.rounding.value}, {op.overflow.value}"
                )
    return f"no rounding and overflow mode of a cast to {op.to} gives these integers"


def _nearest_mat_mul(graph: Graph, node: Node) -> Node | None:
    """The matrix product this node is, or adds a constant to."""
    if isinstance(node.op, MatMul):
        return node
    for source in node.inputs:
        feeding = graph.node(source)
        if isinstance(feeding.op, MatMul) and feeding.layer == node.layer:
            return feeding
    return None


def _other_weight(graph: Graph, node: Node, want: Mapping[str, IntArray], delta: IntArray) -> str:
    """The single weight whose change explains the difference: delta[:, j] = change * x[:, i]."""
    x = want[node.inputs[0]].reshape(-1, graph.info(node.inputs[0]).shape[-1])
    rows = delta.reshape(x.shape[0], -1)
    columns = np.flatnonzero(rows.any(axis=0))
    if len(columns) != 1:
        return ""
    apart = rows[:, columns[0]]
    sample = int(np.flatnonzero(apart)[0])
    for position in np.flatnonzero(x[sample]):
        change, rest = divmod(int(apart[sample]), int(x[sample, position]))
        if rest == 0 and np.array_equal(x[:, position] * change, apart):
            weight = graph.node(node.inputs[1]).op
            code = int(weight.codes[position, columns[0]]) if isinstance(weight, Const) else 0
            return (
                f"{node.layer} computes as if weight [{position}, {columns[0]}] had code {code + change} "
                f"instead of {code}"
            )
    return ""
