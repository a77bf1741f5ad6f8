"""Cast: the only op that loses bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed import ElementType, IntArray, Overflow, Round, cast, outside, rescale, symmetric_lo
from edgeml.ir.info import ValueInfo
from edgeml.ir.kind import Kind
from edgeml.ir.op import Op
from edgeml.ir.ops._rounding import by_mantissa
from edgeml.ir.steps import BEYOND, GridInfo, edge_bits, log2_bits, raised, steps
from edgeml.ir.structure import Structure, stepped


@dataclass(frozen=True, eq=False)
class Cast(Op):
    """To another type, with a stated rounding and overflow (UG1399's ap_fixed modes).

    Args:
        to: the new type; per-element arrays broadcast to the value.
        rounding: for bits below the new LSB.
        overflow: for values outside the new range.
    """

    kind: ClassVar[Kind] = Kind.POINTWISE

    to: ElementType
    rounding: Round
    overflow: Overflow

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """The cast of the bounds where the cast is monotone on them, else the whole type."""
        (x,) = inputs
        full = ValueInfo.full(x.shape, self.to)
        lo, hi = (rescale(end, x.type.frac, self.to.frac, self.rounding) for end in (x.lo, x.hi))
        match self.overflow:
            case Overflow.SAT:
                return ValueInfo(
                    x.shape, self.to, np.clip(lo, full.lo, full.hi), np.clip(hi, full.lo, full.hi)
                )
            case Overflow.SAT_SYM:
                least = symmetric_lo(self.to)
                return ValueInfo(x.shape, self.to, np.clip(lo, least, full.hi), np.clip(hi, least, full.hi))
            case Overflow.SAT_ZERO:
                some = (lo < full.lo) | (hi > full.hi)  # of the values become zero
                every = (hi < full.lo) | (lo > full.hi)
                low, high = (np.clip(end, full.lo, full.hi) for end in (lo, hi))
                low, high = np.where(some, np.minimum(low, 0), low), np.where(some, np.maximum(high, 0), high)
                return ValueInfo(x.shape, self.to, np.where(every, 0, low), np.where(every, 0, high))
            case _:
                leaves = (outside(end, x.type.frac, self.to, self.rounding) for end in (x.lo, x.hi))
                fits = ~np.logical_or(*leaves)
                return ValueInfo(x.shape, self.to, np.where(fits, lo, full.lo), np.where(fits, hi, full.hi))

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """Exact, as ap_fixed does it."""
        return cast(inputs[0], infos[0].type.frac, self.to, self.rounding, self.overflow)

    def grid(self, inputs: Sequence[GridInfo], result: ValueInfo) -> IntArray:
        (x,) = inputs
        to = np.asarray(self.to.frac)
        # A value that is out of range becomes a bound of it, or is compared with one.
        return np.where(self.overflows(x.info), to, np.minimum(x.grid, to))

    def demand(self, inputs: Sequence[GridInfo], result: GridInfo) -> int:
        (x,) = inputs
        return max(self._rounding_bits(x), self._wrapping_bits(x), edge_bits(inputs, result))

    def structure(
        self, inputs: Sequence[Structure], infos: Sequence[ValueInfo], result: ValueInfo
    ) -> Structure:
        x = infos[0]
        rising = self.overflow in (Overflow.SAT, Overflow.SAT_SYM) or not np.any(self.overflows(x))
        width, frac = (np.asarray(part, np.int64) for part in (self.to.width, self.to.frac))
        return stepped(inputs[0], result.shape, width, frac, monotone=rising)

    def rounds(self, grid: IntArray) -> bool:
        """True if bits of any element are dropped, of an input that lies on `grid`."""
        return bool(np.any(grid > np.asarray(self.to.frac)))

    def overflows(self, x: ValueInfo) -> NDArray[np.bool_]:
        """True for elements that can have a value outside the range, as an array of x's shape."""
        below, above = self.overflow_sides(x)
        return below | above

    def overflow_sides(self, x: ValueInfo) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """True for elements that can have a value below the range, and for those above it."""
        lo, hi = (rescale(end, x.type.frac, self.to.frac, self.rounding) for end in (x.lo, x.hi))
        least = symmetric_lo(self.to) if self.overflow is Overflow.SAT_SYM else self.to.lo
        return np.asarray(lo < least), np.asarray(hi > self.to.hi)

    def _rounding_bits(self, x: GridInfo) -> int:
        """Bits for rounding by adding one half: |x| + 1/2 LSB on the grid max(grid, frac + 1)."""
        if by_mantissa(self.rounding) or not self.rounds(x.grid):
            return 0
        frac = np.asarray(self.to.frac, np.int64)
        fine = np.maximum(x.grid, frac + 1)
        half = np.int64(1) << np.clip(fine - frac - 1, 0, 62)
        # The clip comes before, so |x| is an upper bound.
        total = np.minimum(raised(_steps(x), fine - x.grid), BEYOND - half) + half
        return log2_bits(np.max(total, initial=0))

    def _wrapping_bits(self, x: GridInfo) -> int:
        """Bits for wrapping: r - lo on the coarser of r's grid and lo's, which is 2^(width - 1) LSBs."""
        if self.overflow is not Overflow.WRAP or not np.any(self.overflows(x.info)):
            return 0
        frac, count = np.asarray(self.to.frac, np.int64), _steps(x)
        coarse = np.minimum(x.grid, frac)
        rounded = np.where(x.grid > frac, (count >> np.clip(x.grid - frac, 0, 62)) + 1, count)
        fine = np.maximum(coarse, frac - np.asarray(self.to.width, np.int64) + 1)
        lowest = np.int64(1) << np.clip(np.asarray(self.to.width) - 1 - (frac - fine), 0, 62)
        total = np.minimum(raised(rounded, fine - coarse), BEYOND - lowest) + lowest
        return log2_bits(np.max(total, initial=0))


def _steps(x: GridInfo) -> IntArray:
    """The largest magnitudes, in steps of their grid."""
    return steps(np.maximum(np.abs(x.info.lo), np.abs(x.info.hi)), x.info.type.frac, x.grid)
