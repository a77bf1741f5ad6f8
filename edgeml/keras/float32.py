"""Where Keras' own float32 arithmetic is exact: how many bits each sum needs, of the 24 float32 has.

Every term of a sum is a multiple of one LSB, and so is every partial sum in whatever order. If the sum of
magnitudes stays within 2^24 LSBs, each partial sum is a float32 number and the order cannot matter.
The straight-through form x + (q(x) - x) of a quantizer is a sum of this kind as well.

Invariant: a node with at most 24 bits is exact in Keras for every input; one with more may be or not.
"""

from __future__ import annotations

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, IntArray, cover
from edgeml.ir import Graph, Node, ValueInfo
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.scale import Scale
from edgeml.ir.ops.sum_pool import SumPool

FLOAT32_BITS = 24
"""Significant bits of float32, the hidden one included."""

_UNBOUNDED = 64


def exact_in_float32(graph: Graph) -> dict[str, int]:
    """Bits that float32 needs to be exact, for every node that computes.

    Returns:
        Bits by node name, in the graph's order; `FLOAT32_BITS` or fewer are proven exact.
    """
    return {
        node.name: bits_needed(graph, node)
        for node in graph.nodes
        if isinstance(node.op, MatMul | Conv | Add | Mul | SumPool | Cast)
    }


def not_proven(graph: Graph) -> tuple[str, ...]:
    """The nodes whose float32 sums in Keras are not proven exact."""
    return tuple(name for name, bits in exact_in_float32(graph).items() if bits > FLOAT32_BITS)


def bits_needed(graph: Graph, node: Node) -> int:
    """Bits of the largest magnitude any partial result of one node can have, in its LSBs."""
    infos = [graph.info(name) for name in node.inputs]
    result = graph.info(node.name)
    if isinstance(node.op, MatMul | Conv):
        return _products(node, infos)
    if isinstance(node.op, Cast):
        return max(_straight_through(infos[0], after) for after in _settled(graph, node))
    parts = [*infos, result] if isinstance(node.op, Add) else [result]
    frac = max(info.frac for info in parts)
    return max(_bits(_peak(info) * 2.0 ** (frac - info.frac)) for info in parts)


def _products(node: Node, infos: list[ValueInfo]) -> int:
    """The sum of |x| |w| per output channel, in units of that channel's own LSB."""
    x, w = infos
    weights, _ = w.aligned(w.frac)
    used = np.bitwise_or.reduce(np.abs(weights).reshape(-1, weights.shape[-1]), axis=0)
    spare = np.log2(np.maximum(used & -used, 1).astype(np.float64)).astype(np.int64)
    low, high = x.aligned(x.frac)
    peak = np.maximum(np.abs(low), np.abs(high))
    try:
        sums = node.op.infer(_given(peak, x.frac), _given(np.abs(weights), w.frac)).hi
    except EdgemlError:
        return _UNBOUNDED
    return max(
        _bits(float(total)) for total in np.max(sums >> spare, axis=tuple(range(sums.ndim - 1))).ravel()
    )


def _settled(graph: Graph, node: Node) -> list[ValueInfo]:
    """A cast's result and what its layer makes of it: a quantizer's constant factor may be finer."""
    found = [graph.info(node.name)]
    for user in graph.users[node.name]:
        if user.layer == node.layer and isinstance(user.op, Scale | Mul | Add):
            found += _settled(graph, user)
    return found


def _straight_through(before: ValueInfo, after: ValueInfo) -> int:
    """|x| + |q(x)| at the finer LSB of the two."""
    frac = max(before.frac, after.frac)
    return _bits(_peak(before) * 2.0 ** (frac - before.frac) + _peak(after) * 2.0 ** (frac - after.frac))


def _given(magnitudes: IntArray, frac: int) -> ValueInfo:
    kind: FixedType = cover(0, int(magnitudes.max(initial=0)), frac)
    return ValueInfo(tuple(magnitudes.shape), kind, magnitudes, magnitudes)


def _peak(info: ValueInfo) -> float:
    low, high = info.aligned(info.frac)
    return max(abs(float(low.min(initial=0))), abs(float(high.max(initial=0))))


def _bits(magnitude: float) -> int:
    """The bits n with magnitude <= 2^n; 2^24 itself is a float32 number."""
    return int(np.ceil(np.log2(magnitude))) if magnitude > 1 else 1
