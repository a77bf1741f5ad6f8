"""Cast: the only op that loses bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgeml.fixed import ElementType, IntArray, Overflow, Round, cast, outside, rescale, symmetric_lo
from edgeml.ir.info import ValueInfo
from edgeml.ir.op import Op


@dataclass(frozen=True, eq=False)
class Cast(Op):
    """To another type, with a stated rounding and overflow (UG1399's ap_fixed modes).

    Args:
        to: the new type; per-element arrays broadcast to the value.
        rounding: for bits below the new LSB.
        overflow: for values outside the new range.
    """

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
            case _:
                leaves = (outside(end, x.type.frac, self.to, self.rounding) for end in (x.lo, x.hi))
                fits = ~np.logical_or(*leaves)
                return ValueInfo(x.shape, self.to, np.where(fits, lo, full.lo), np.where(fits, hi, full.hi))

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """Exact, as ap_fixed does it."""
        del result
        return cast(inputs[0], infos[0].type.frac, self.to, self.rounding, self.overflow)
