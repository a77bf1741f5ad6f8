"""The one place where bits are lost: from one type, or from floats, to another type.

Invariant: the result equals the mathematical definition of the rounding and overflow mode for every
input; what int64 cannot hold is refused.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.fixed.overflow import Overflow, fit
from edgeml.fixed.rounding import Round, round_float, shift_right
from edgeml.fixed.types import ElementType, IntArray

_INT64_FLOAT = 2.0**63 - 1024
"""The largest float64 below 2^63; whatever lies beyond overflows every type."""


def cast(
    codes: IntArray, frac: int | IntArray, to: ElementType, rounding: Round, overflow: Overflow
) -> IntArray:
    """Codes with `frac` fractional bits as codes of `to`.

    Args:
        codes: integers of any shape.
        frac: fractional bits they have now; an array broadcasts.
        to: the new type.
        rounding: for bits below the new LSB.
        overflow: for values outside the new range.

    >>> from edgeml.fixed import FixedType
    >>> t = FixedType(True, 4, 1)
    >>> cast(np.array([5, 7, 99]), 3, t, Round.RND_CONV, Overflow.SAT)
    array([1, 2, 7])
    """
    if overflow is Overflow.WRAP:
        grow = np.asarray(to.frac, np.int64) - np.asarray(frac, np.int64)
        # Bits shifted out at the top of int64 are not among the low bits that WRAP keeps.
        raised = np.where(grow >= 63, 0, codes << np.clip(grow, 0, 62))
        return fit(shift_right(raised, np.maximum(-grow, 0), rounding), to, overflow)
    return fit(rescale(codes, frac, to.frac, rounding), to, overflow)


def rescale(codes: IntArray, frac: int | IntArray, to_frac: int | IntArray, rounding: Round) -> IntArray:
    """Codes with `to_frac` instead of `frac` fractional bits, rounded but not brought into any range.

    What would leave int64 becomes the int64 nearest to it, which lies outside every type's range.
    """
    drop = np.asarray(frac, np.int64) - np.asarray(to_frac, np.int64)
    rounded = shift_right(codes, np.maximum(drop, 0), rounding)
    grow = np.maximum(-drop, 0)
    if not np.any(grow):
        return rounded
    limit = np.int64(2**63 - 1) >> np.minimum(grow, 63)
    beyond = np.where(codes > 0, np.int64(2**63 - 1), np.int64(-(2**63)))
    shifted = codes << np.minimum(grow, 62)
    return np.where(grow == 0, rounded, np.where((codes > limit) | (codes < -limit), beyond, shifted))


def align(codes: IntArray, frac: int | IntArray, to_frac: int) -> IntArray:
    """The same values with `to_frac` fractional bits, at least as many as before: a shift left.

    Raises:
        EdgemlError: a value would need more than 63 bits.
    """
    shift = to_frac - np.asarray(frac, np.int64)
    if not np.any(shift):
        return codes
    limit = np.int64(2**63 - 1) >> np.minimum(shift, 63)
    if np.any((codes > limit) | (codes < -limit)):
        raise EdgemlError("values with this LSB need more than 63 bits", hint="use narrower types")
    return np.where(codes == 0, 0, codes << np.minimum(shift, 63))


def quantize(values: Any, to: ElementType, rounding: Round, overflow: Overflow) -> IntArray:
    """Floats as codes of `to`; every float64 is taken at its exact value.

    Args:
        values: finite floats of any shape.
        to: the type; per-element arrays broadcast.
        rounding: for what lies between two codes.
        overflow: for what lies outside.

    Raises:
        EdgemlError: a value is NaN or infinite.
    """
    floats = np.asarray(values, np.float64)
    if not np.all(np.isfinite(floats)):
        count = int(np.count_nonzero(~np.isfinite(floats)))
        raise EdgemlError(f"{count} of {floats.size} values are NaN or infinite", hint="clean the data first")
    with np.errstate(over="ignore"):
        steps = round_float(np.ldexp(floats, np.asarray(to.frac, np.int32)), rounding)
    if overflow is Overflow.WRAP:
        steps = np.fmod(steps, np.ldexp(1.0, np.asarray(to.width, np.int32)))
    return fit(np.clip(steps, -_INT64_FLOAT, _INT64_FLOAT).astype(np.int64), to, overflow)


def to_float(codes: IntArray, frac: int | IntArray) -> NDArray[np.float64]:
    """code * 2^-frac as float64; exact for codes below 2^53."""
    return np.ldexp(codes.astype(np.float64), -np.asarray(frac, np.int32))
