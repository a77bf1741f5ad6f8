"""Scale: a product with powers of two."""

from __future__ import annotations

import numpy as np

from edgeml.backends.hls4ml.layer import Weights
from edgeml.backends.hls4ml.ops._affine import affine
from edgeml.backends.hls4ml.planner import CannotExpressError, Planner
from edgeml.fixed import FixedType, IntArray
from edgeml.ir import Node
from edgeml.ir.ops.scale import Scale

_MOST_BITS = 63


def plan(node: Node, planner: Planner) -> None:
    """BatchNormalization with a one-bit factor 2^shift, or factors that differ by shifts."""
    op = node.op
    assert isinstance(op, Scale)
    (x,) = node.inputs
    if not np.any(op.shift):
        planner.alias(node, x)
        return
    factors = powers(np.asarray(op.shift, np.int64))
    affine(node, planner, planner.source(x), planner.shape(x), planner.type(node.name), factors)


def powers(shift: IntArray) -> Weights:
    """2^shift as constants of one type.

    Raises:
        CannotExpressError: the shifts are further apart than the bits of a type.
    """
    low, high = int(shift.min()), int(shift.max())
    if high - low >= _MOST_BITS:
        raise CannotExpressError(f"shifts from {low} to {high} in one tensor")
    return Weights(np.int64(1) << (shift - low), FixedType(False, high - low + 1, -low))
