"""Matrix products and convolutions with an optional bias, as hls4ml's Dense and Conv layers.

The accumulator has every fractional bit of products and bias and the width that the final sum needs.
Partial sums may wrap on the way: modulo 2^width the end is the same, because addition is associative there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.backends.hls4ml.layer import LayerConstant, Precision
from edgeml.backends.hls4ml.planner import Planner
from edgeml.fixed import FixedType
from edgeml.ir import Node
from edgeml.ir.bias import bias_of

_NO_BIAS = FixedType(False, 1, 0)


def result_and_bias(node: Node, planner: Planner, outputs: int) -> tuple[Node, LayerConstant]:
    """The op whose value the layer holds, which is the Add of the bias if there is one, and the bias."""
    bias = bias_of(planner.graph, node.name)
    if bias is None:
        return node, LayerConstant(np.zeros(outputs, np.int64), _NO_BIAS)
    return bias.total, planner.constant(bias.constant)


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
