"""Arrays of exact rational numbers, for the scales and offsets that source models state as floats.

Every float32 or float64 is a rational number; products and quotients of rational numbers are rational, so
nothing is rounded until an integer is needed.

Invariant: an `Exact` array has at least one axis, broadcasts to the value it belongs to, and has size 1 along
every axis on which its entries do not differ.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray

Exact: TypeAlias = NDArray[Any]
"""An array of `Fraction`; NumPy has no narrower type for it than object."""

_to_fraction = np.frompyfunc(Fraction, 1, 1)
_FINEST = 200
"""Fractional bits beyond which a dyadic number is treated as any other rational number."""


def exact(values: Any) -> Exact:
    """Floats or integers as exact rational numbers, axes without differences reduced to size 1.

    Raises:
        EdgemlError: a value is NaN or infinite.

    >>> exact([[0.5, 0.5], [0.5, 0.5]])
    array([Fraction(1, 2)], dtype=object)
    """
    array = np.asarray(values)
    if array.dtype.kind == "f" and not np.all(np.isfinite(array)):
        raise EdgemlError("a scale or an offset is NaN or infinite", hint="export the model again")
    return np.asarray(_to_fraction(compressed(array).astype(object)), dtype=object)


def compressed(array: NDArray[Any]) -> NDArray[Any]:
    """The smallest array that broadcasts to the same values: equal slices once, leading axes of 1 dropped."""
    result = np.atleast_1d(array)
    for axis in range(result.ndim):
        first = np.take(result, [0], axis=axis)
        if result.shape[axis] > 1 and bool(np.all(result == first)):
            result = first
    while result.ndim > 1 and result.shape[0] == 1:
        result = result[0]
    return result


def as_exact(values: Any) -> Exact:
    """The result of arithmetic on `Exact` arrays as one, reduced again."""
    return compressed(np.asarray(values, dtype=object))


def floats(values: Exact) -> NDArray[np.float64]:
    """The nearest float64 of each entry."""
    return values.astype(np.float64)


def is_scalar(values: Exact) -> bool:
    """True if one number holds for all elements."""
    return values.size == 1


def scalar(values: Exact) -> Fraction:
    """The one number of an array of size 1."""
    return values.reshape(-1)[0]


def is_zero(values: Exact) -> bool:
    """True if every entry is zero."""
    return not np.any(values != 0)


def is_one(values: Exact) -> bool:
    """True if every entry is one."""
    return bool(np.all(values == 1))


def exponents(values: Exact) -> IntArray | None:
    """The exponent of each entry if all are positive powers of two, else None.

    >>> exponents(exact([4.0, 0.125]))
    array([ 2, -3])
    """
    result = np.zeros(values.shape, np.int64)
    for position, value in enumerate(values.flat):
        top, bottom = value.numerator, value.denominator
        if top <= 0 or top & (top - 1) or bottom & (bottom - 1):
            return None
        result.flat[position] = top.bit_length() - bottom.bit_length()
    return result


def dyadic_bits(values: Exact) -> int | None:
    """Fractional bits that hold every entry exactly, or None if an entry is no integer times a power of two.

    >>> dyadic_bits(exact([0.75, 2.0])), dyadic_bits(as_exact([Fraction(1, 3)]))
    (2, None)
    """
    most = 0
    for value in values.flat:
        bottom = value.denominator
        if bottom & (bottom - 1):
            return None
        most = max(most, bottom.bit_length() - 1)
    return most if most <= _FINEST else None


def codes(values: Exact, frac: int) -> IntArray:
    """Dyadic numbers as integers at `frac` fractional bits.

    Raises:
        EdgemlError: an integer needs more than 62 bits.
    """
    scaled = [value * Fraction(2) ** frac for value in values.flat]
    if any(abs(value) >= 2**62 for value in scaled):
        raise EdgemlError("a constant needs more than 62 bits", hint="export the model with narrower types")
    return np.array([int(value) for value in scaled], np.int64).reshape(values.shape)


def floor(value: Fraction) -> int:
    """The largest integer not above the number."""
    return value.numerator // value.denominator


def ceil(value: Fraction) -> int:
    """The smallest integer not below the number."""
    return -(-value.numerator // value.denominator)
