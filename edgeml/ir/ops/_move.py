"""What reordering elements does to bounds and per-element types."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from edgeml.fixed import FixedTypeArray, IntArray
from edgeml.ir.info import ValueInfo


def moved(x: ValueInfo, move: Callable[[IntArray], IntArray]) -> ValueInfo:
    """Bounds and types rearranged in the same way as the elements.

    Args:
        x: before.
        move: the rearrangement of an array of x's shape.
    """
    lo, hi = move(x.lo), move(x.hi)
    if not isinstance(x.type, FixedTypeArray):
        return ValueInfo(tuple(lo.shape), x.type, lo, hi)
    width, frac = (move(np.broadcast_to(part, x.shape)) for part in (x.type.width, x.type.frac))
    return ValueInfo(tuple(lo.shape), FixedTypeArray(x.type.signed, width, frac), lo, hi)
