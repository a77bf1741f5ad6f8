"""The exactness of Keras' own float32 arithmetic: the bits that each op needs, of the 24 float32 has.

An op's own `demand` says it for sums, products and values (see `edgeml.ir.steps`). The straight-through form
x + (q(x) - x) of a quantizer is a sum of this kind as well, which the graph's Cast does not have.

Invariant: a node with at most 24 bits is exact in Keras for every input; one with more may be or not.
"""

from __future__ import annotations

import numpy as np

from edgeml.ir import Composite, Graph, Node, ValueInfo
from edgeml.ir.demand import demand
from edgeml.ir.grid import grids
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.scale import Scale
from edgeml.ir.steps import FLOAT32_BITS


def exact_in_float32(graph: Graph) -> dict[str, int]:
    """Bits that float32 needs to be exact, for every node that reads another.

    Composite ops are left out: Keras computes them in its own way, and their layers note it.

    Returns:
        Bits by node name, in the graph's order; `FLOAT32_BITS` or fewer are proven exact.
    """
    proven = grids(graph)
    return {
        node.name: _settled_bits(graph, node) if isinstance(node.op, Cast) else demand(graph, node, proven)
        for node in graph.nodes
        if node.inputs and not isinstance(node.op, Composite)
    }


def not_proven(graph: Graph) -> tuple[str, ...]:
    """The nodes whose float32 arithmetic in Keras is not proven exact."""
    return tuple(name for name, bits in exact_in_float32(graph).items() if bits > FLOAT32_BITS)


def _settled_bits(graph: Graph, node: Node) -> int:
    """Bits of the largest magnitude in the straight-through form of a cast, in LSBs."""
    before = graph.info(node.inputs[0])
    return max(_straight_through(before, after) for after in _settled(graph, node))


def _settled(graph: Graph, node: Node) -> list[ValueInfo]:
    """A cast's result and what its layer makes of it: a quantizer's constant factor may be finer."""
    values = [graph.info(node.name)]
    for user in graph.users[node.name]:
        if user.layer == node.layer and isinstance(user.op, Scale | Mul | Add):
            values += _settled(graph, user)
    return values


def _straight_through(before: ValueInfo, after: ValueInfo) -> int:
    """|x| + |q(x)| at the finer LSB of the two."""
    frac = max(before.frac, after.frac)
    return _bits(_peak(before) * 2.0 ** (frac - before.frac) + _peak(after) * 2.0 ** (frac - after.frac))


def _peak(info: ValueInfo) -> float:
    low, high = info.aligned(info.frac)
    return max(abs(float(low.min(initial=0))), abs(float(high.max(initial=0))))


def _bits(magnitude: float) -> int:
    """The bits n with magnitude <= 2^n; 2^24 itself is a float32 number."""
    return int(np.ceil(np.log2(magnitude))) if magnitude > 1 else 1
