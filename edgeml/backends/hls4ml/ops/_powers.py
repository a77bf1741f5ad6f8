"""Powers of two as constants."""

from __future__ import annotations

import numpy as np

from edgeml.backends.hls4ml.layer import LayerConstant
from edgeml.backends.hls4ml.planner import CannotExpressError
from edgeml.fixed import FixedType, IntArray

_MOST_BITS = 63


def powers(shift: IntArray) -> LayerConstant:
    """2^shift as constants of one type.

    Raises:
        CannotExpressError: the shifts are further apart than the bits of a type.
    """
    low, high = int(shift.min()), int(shift.max())
    if high - low >= _MOST_BITS:
        raise CannotExpressError(f"shifts from {low} to {high} in one tensor")
    return LayerConstant(np.int64(1) << (shift - low), FixedType(False, high - low + 1, -low))
