"""max(x, c) and min(x, c) with a constant c, from hls4ml's relu; it cannot compare with constants."""

from __future__ import annotations

import numpy as np

from edgeml.backends.hls4ml.layer import LayerConstant, Precision
from edgeml.backends.hls4ml.ops._affine import ONE, affine
from edgeml.backends.hls4ml.planner import CannotExpressError, Planner
from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, align, cover
from edgeml.ir import Node

_MINUS_ONE = LayerConstant(np.array(-1, np.int64), FixedType(True, 1, 0))


def clip(node: Node, planner: Planner, upper: bool) -> None:
    """max(x, c) = relu(x - c) + c; min(x, c) = c - relu(c - x) if `upper`.

    Raises:
        CannotExpressError: the constant has more elements than the value.
    """
    (c,) = [name for name in node.inputs if planner.is_constant(name)]
    (x,) = [name for name in node.inputs if name != c]
    limit, shape = planner.constant(c), planner.shape(x)
    frac = max(planner.type(x).frac, limit.type.frac)
    try:
        lo, hi = planner.graph.info(x).aligned(frac)
        bound = align(limit.codes, limit.type.frac, frac)
        over = (bound - hi, bound - lo) if upper else (lo - bound, hi - bound)
        difference = cover(int(over[0].min()), int(over[1].max()), frac)
        low, high = int((-bound).min()), int((-bound).max())
        negative = LayerConstant(-bound, cover(low, high, frac))
    except EdgemlError as error:
        raise CannotExpressError(error.what, error.hint) from None
    if planner.shape(node.name) != shape:
        raise CannotExpressError(f"a constant that is larger than the value of shape {shape}")
    positive = FixedType(False, difference.width, frac)
    sign, first = (_MINUS_ONE, limit) if upper else (ONE, negative)
    name = affine(node, planner, planner.source(x), shape, difference, sign, first, part="over")
    name = planner.add(
        node,
        "Activation",
        (name,),
        positive,
        part="cut",
        attributes={"activation": "relu", "n_in": int(np.prod(shape, dtype=np.int64))},
        types={"table": Precision(positive)},
    )
    affine(node, planner, name, shape, planner.type(node.name), sign, limit)
