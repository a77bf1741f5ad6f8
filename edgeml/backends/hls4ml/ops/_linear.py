"""Matrix products and convolutions with an optional bias, as hls4ml's Dense and Conv layers.

The accumulator has every fractional bit of products and bias and the width that the final sum needs.
Partial sums may wrap on the way: modulo 2^width the end is the same, for addition is associative there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.backends.hls4ml.layer import LayerConstant, Precision
from edgeml.backends.hls4ml.planner import Planner
from edgeml.fixed import FixedType
from edgeml.ir import Node
from edgeml.ir.ops.add import Add

_NO_BIAS = FixedType(False, 1, 0)


def bias_of(node: Node, planner: Planner, outputs: int) -> tuple[Node, LayerConstant]:
    """The op that ends the product, the Add of a constant per output if that follows, and the bias."""
    user = planner.only_user(node.name)
    if user is not None and isinstance(user.op, Add):
        (other,) = [name for name in user.inputs if name != node.name] or [node.name]
        if planner.is_constant(other) and planner.shape(user.name) == planner.shape(node.name):
            held = planner.constant(other)
            if held.codes.size == 1 or held.codes.shape[-1] == held.codes.size == outputs:
                return user, LayerConstant(np.broadcast_to(held.codes.reshape(-1), (outputs,)), held.type)
    return node, LayerConstant(np.zeros(outputs, np.int64), _NO_BIAS)


def place(
    node: Node,
    last: Node,
    planner: Planner,
    kind: str,
    source: str,
    weights: LayerConstant,
    bias: LayerConstant,
    attributes: dict[str, Any],
    products: tuple[int, int] | None,
) -> str:
    """The layer itself, named after `last`, the op whose value it holds."""
    total = planner.type(last.name)
    return planner.add(
        last,
        kind,
        (source,),
        total,
        absorbs=(node.name, last.name),
        attributes=attributes,
        types={"accum": Precision(total)},
        weights={"weight": weights, "bias": bias},
        products=products,
    )
