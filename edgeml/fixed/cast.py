"""The one place where bits are lost: from one type, or from floats, to another type.

Invariant: the result equals the mathematical definition of the rounding and overflow mode for every
input; a value that int64 cannot hold is refused.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.fixed.overflow import Overflow, fit
from edgeml.fixed.rounding import Round, round_float, shift_right
from edgeml.fixed.types import ElementType, IntArray

_MOST = np.int64(2**63 - 1)
_LEAST = np.int64(-(2**63))
"""The ends of int64. No type has the code _LEAST; ufixed<63> has _MOST."""


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
    if overflow is Overflow.SAT_ZERO:
        return np.where(outside(codes, frac, to, rounding), 0, rescale(codes, frac, to.frac, rounding))
    if overflow is Overflow.WRAP:
        grow = np.asarray(to.frac, np.int64) - np.asarray(frac, np.int64)
        # Bits shifted out at the top of int64 are not among the low bits that WRAP keeps.
        raised = np.where(grow >= 63, 0, codes << np.clip(grow, 0, 62))
        return fit(shift_right(raised, np.maximum(-grow, 0), rounding), to, overflow)
    return fit(rescale(codes, frac, to.frac, rounding), to, overflow)


def rescale(codes: IntArray, frac: int | IntArray, to_frac: int | IntArray, rounding: Round) -> IntArray:
    """Codes with `to_frac` instead of `frac` fractional bits, rounded but not brought into any range.

    A value outside int64 becomes the nearest end of int64, which saturates as the value itself would;
    `outside` tells whether a value fits a type.
    """
    drop = np.asarray(frac, np.int64) - np.asarray(to_frac, np.int64)
    rounded = shift_right(codes, np.maximum(drop, 0), rounding)
    grow = np.maximum(-drop, 0)
    if not np.any(grow):
        return rounded
    shifted = np.where(grow == 0, rounded, codes << np.minimum(grow, 62))
    return np.where(_leaves_int64(codes, grow), np.where(codes > 0, _MOST, _LEAST), shifted)


def outside(codes: IntArray, frac: int | IntArray, to: ElementType, rounding: Round) -> NDArray[np.bool_]:
    """True for values with `frac` fractional bits that, once rounded, lie outside the range of `to`."""
    rounded = rescale(codes, frac, to.frac, rounding)
    grow = np.maximum(np.asarray(to.frac, np.int64) - np.asarray(frac, np.int64), 0)
    return _leaves_int64(codes, grow) | (rounded < to.lo) | (rounded > to.hi)


def _leaves_int64(codes: IntArray, grow: IntArray) -> NDArray[np.bool_]:
    """True for codes of which codes * 2^grow, grow >= 0, does not fit int64 (or is -2^63, no type's code)."""
    limit = _MOST >> np.minimum(grow, 63)
    return (grow > 0) & ((codes > limit) | (codes < -limit))


def align(codes: IntArray, frac: int | IntArray, to_frac: int) -> IntArray:
    """The same values with `to_frac` fractional bits, at least as many as before: a shift left.

    Raises:
        EdgemlError: a value would need more than 63 bits.
    """
    shift = to_frac - np.asarray(frac, np.int64)
    if not np.any(shift):
        return codes
    if np.any(_leaves_int64(codes, shift)):
        raise EdgemlError("values with this LSB need more than 63 bits", hint="use narrower types")
    return np.where(codes == 0, 0, codes << np.minimum(shift, 63))


def quantize(values: Any, to: ElementType, rounding: Round, overflow: Overflow) -> IntArray:
    """Floats as codes of `to`; every float64 is taken at its exact value.

    Args:
        values: finite floats of any shape.
        to: the type; per-element arrays broadcast.
        rounding: for values between two codes.
        overflow: for values outside the range.

    Raises:
        EdgemlError: a value is NaN or infinite.
    """
    floats = np.asarray(values, np.float64)
    if not np.all(np.isfinite(floats)):
        count = int(np.count_nonzero(~np.isfinite(floats)))
        raise EdgemlError(f"{count} of {floats.size} values are NaN or infinite", hint="clean the data first")
    mantissa, exponent = np.frexp(floats)
    # Scaled by 2^frac without overflow or underflow. Below 2^-3 only the sign matters to the rounding;
    # from 2^1000 on no type holds the value and its low bits are zero.
    places = np.clip(exponent + np.asarray(to.frac, np.int64), -3, 1000).astype(np.int32)
    steps = round_float(np.ldexp(mantissa, places), rounding)
    if overflow is Overflow.WRAP:
        steps = np.fmod(steps, np.ldexp(1.0, np.asarray(to.width, np.int32)))
    beyond = np.abs(steps) >= 2.0**63
    high = (steps > 0) & (overflow is not Overflow.SAT_ZERO)  # _LEAST is outside every type's range
    return fit(
        np.where(beyond, np.where(high, _MOST, _LEAST), np.where(beyond, 0, steps).astype(np.int64)),
        to,
        overflow,
    )


def to_float(codes: IntArray, frac: int | IntArray) -> NDArray[np.float64]:
    """code * 2^-frac as float64; exact for codes below 2^53, else rounded to the nearest float64."""
    return np.ldexp(codes.astype(np.float64), -np.asarray(frac, np.int32))
