"""The four overflow modes of ap_fixed (UG1399, "Overflow Modes") that networks use, on integers.

Invariant: the result is a code of the given type.
"""

from __future__ import annotations

from enum import Enum, unique

import numpy as np

from edgeml.fixed.types import ElementType, IntArray


@unique
class Overflow(Enum):
    """The treatment of a value outside the new range. QKeras saturates, ap_fixed's default is WRAP."""

    WRAP = "WRAP"
    """Keep the low bits."""
    SAT = "SAT"
    """The nearest end of the range."""
    SAT_ZERO = "SAT_ZERO"
    """Zero."""
    SAT_SYM = "SAT_SYM"
    """As SAT, and the smallest signed code -2^(W-1) becomes -2^(W-1)+1."""


def fit(codes: IntArray, to: ElementType, mode: Overflow) -> IntArray:
    """Bring integers into the range of `to`.

    Args:
        codes: integers of any shape.
        to: the type; per-element arrays broadcast against `codes`.
        mode: the overflow mode.
    """
    match mode:
        case Overflow.WRAP:
            return _wrap(codes, to)
        case Overflow.SAT:
            return np.clip(codes, to.lo, to.hi)
        case Overflow.SAT_ZERO:
            return np.where((codes < to.lo) | (codes > to.hi), 0, codes)
        case Overflow.SAT_SYM:
            return np.clip(codes, symmetric_lo(to), to.hi)


def symmetric_lo(to: ElementType) -> int | IntArray:
    """The smallest code SAT_SYM leaves: -hi, but for one signed bit, whose only codes are -1 and 0.

    A signed 1-bit ap_fixed keeps -1 under SAT_SYM: the header sets the lowest bit of the smallest
    code, which is the sign bit itself.
    """
    if not to.signed:
        return to.lo
    return np.where(np.asarray(to.width) == 1, -1, -np.asarray(to.hi))


def _wrap(codes: IntArray, to: ElementType) -> IntArray:
    one = np.int64(1)
    width = np.asarray(to.width, np.int64)
    low = codes & (((one << (width - 1)) - 1) + (one << (width - 1)))
    if not to.signed:
        return low
    sign = one << (width - 1)
    return (low ^ sign) - sign
