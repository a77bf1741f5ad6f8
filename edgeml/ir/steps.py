"""Sizes counted in steps of a grid, the unit in which a float's mantissa has to hold them.

A grid is an exponent per element: the element is an integer times 2^-grid. A float carries the integers up
to 2^mantissa exactly (24 bits in float32, 53 in float64), wherever the binary point is. If the sum of all
|terms| of a dot product is at most 2^24 grid steps, every partial sum in every order, blocked, fused or not,
is such an integer, so any float32 kernel gives the exact result.

Invariant: nothing here rounds down: a count of steps or bits is never below the true one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgeml.fixed import IntArray
from edgeml.ir.info import ValueInfo

FLOAT32_BITS = 24
FLOAT64_BITS = 53

ZERO = -(1 << 20)
"""The grid of what is always zero: coarser than any other, also after sums of a few grids."""

NEVER_ZERO = -(1 << 18)
"""Grids below this come from an element that is always zero."""

BEYOND = np.int64(1) << 62
"""Stands for any size that no carrier holds."""


@dataclass(frozen=True, eq=False)
class GridInfo:
    """Info and grid of a value.

    Args:
        info: shape, type and bounds.
        grid: of every element, an array of the value's shape; ZERO for an element that is always zero.
    """

    info: ValueInfo
    grid: IntArray

    @property
    def bits(self) -> int:
        """Bits of the largest magnitude."""
        return value_bits(self.info, self.grid)


@dataclass(frozen=True)
class Sums:
    """Per column of a matrix product: the sum of all |terms|, with `frac` bits, and its grid."""

    peak: IntArray
    frac: int
    grid: IntArray

    @property
    def bits(self) -> int:
        """Bits of the largest partial sum."""
        return bits(self.peak, self.frac, self.grid)

    def plus(self, codes: IntArray, frac: int | IntArray) -> Sums:
        """The sums when a constant per column (or one for all) is added anywhere in between."""
        own = np.broadcast_to(np.asarray(frac, np.int64), codes.shape)
        finest = max(self.frac, int(own.max()))
        terms = raised(self.peak, np.asarray(finest - self.frac)), raised(np.abs(codes), finest - own)
        total = np.minimum(np.minimum(terms[0], BEYOND - terms[1].clip(0, BEYOND)) + terms[1], BEYOND)
        return Sums(total, finest, np.maximum(self.grid, constant_grid(codes, own)))


def edge_bits(inputs: Sequence[GridInfo], result: GridInfo) -> int:
    """Bits of the largest magnitude among an op's inputs and its result."""
    return max(value.bits for value in (*inputs, result))


def constant_grid(codes: IntArray, frac: int | IntArray) -> IntArray:
    """Fractional bits that each code really uses; ZERO for the code 0."""
    lowest = codes & -codes  # the lowest bit set
    zeros = np.frexp(lowest.astype(np.float64))[1] - 1
    return np.where(codes == 0, ZERO, np.asarray(frac, np.int64) - zeros)


def linear_grid(x: IntArray, w: IntArray) -> IntArray:
    """Grid of x @ w per column: the finest among the products that are not always zero.

    Args:
        x: grids (k,).
        w: grids (k, n).
    """
    return np.max(x[:, np.newaxis] + w, axis=0)


def over_space(values: IntArray) -> IntArray:
    """The maximum per channel of (*space, channels)."""
    return values.max(axis=tuple(range(values.ndim - 1)))


def product(peak: IntArray, weights: IntArray) -> IntArray:
    """peak @ weights, or BEYOND in columns that int64 cannot hold."""
    beyond = peak.astype(np.float64) @ weights.astype(np.float64) >= 2.0**61
    return np.where(beyond, BEYOND, peak @ np.where(beyond, 0, weights))


def value_bits(info: ValueInfo, grid: IntArray) -> int:
    """Bits of the largest magnitude of a value."""
    return bits(np.maximum(np.abs(info.lo), np.abs(info.hi)), info.type.frac, grid)


def bits(peak: IntArray, frac: int | IntArray, grid: IntArray) -> int:
    """The smallest b such that every peak * 2^-frac is at most 2^b steps of its grid.

    >>> bits(np.array([1 << 24]), 0, np.array([0])), bits(np.array([(1 << 24) + 1]), 0, np.array([0]))
    (24, 25)
    """
    return log2_bits(np.max(steps(peak, frac, grid), initial=0))


def steps(peak: IntArray, frac: int | IntArray, grid: IntArray) -> IntArray:
    """ceil(peak * 2^(grid - frac)); peak * 2^-frac in steps of a grid that is as fine or coarser."""
    return -(-peak >> np.clip(np.asarray(frac, np.int64) - grid, 0, 62))


def log2_bits(count: int | np.int64) -> int:
    """The smallest b with count <= 2^b."""
    return max(int(count) - 1, 0).bit_length() if count > 1 else 0


def raised(count: IntArray, shift: IntArray) -> IntArray:
    """count << shift, or BEYOND where that is too large."""
    room = 61 - np.frexp(count.astype(np.float64))[1]
    return np.where(count == 0, 0, np.where(shift > room, BEYOND, count << np.clip(shift, 0, 62)))


def peak(info: ValueInfo, frac: int) -> IntArray:
    """The largest magnitude of every element, with `frac` fractional bits.

    Raises:
        EdgemlError: more than 63 bits are needed.
    """
    lo, hi = info.aligned(frac)
    return np.maximum(np.abs(lo), np.abs(hi))
