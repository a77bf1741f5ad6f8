"""SumPool: the exact sum of each window, 1-D or 2-D; average pooling is this and a scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeml.fixed import IntArray, align
from edgeml.ir.info import Shape, ValueInfo, guard
from edgeml.ir.kind import Kind
from edgeml.ir.op import Op, need
from edgeml.ir.ops._window import Pairs, pad, windows
from edgeml.ir.steps import GridInfo, bits, edge_bits, over_space, peak


@dataclass(frozen=True, eq=False)
class SumPool(Op):
    """The sum over windows of x (*space, channels); padding counts as zero.

    Args:
        pool: window per spatial axis.
        strides: per spatial axis.
        padding: (before, after) per spatial axis.
    """

    kind: ClassVar[Kind] = Kind.WINDOW

    pool: Shape
    strides: Shape
    padding: Pairs

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """The sums of the bounds."""
        (x,) = inputs
        rank = len(x.shape) - 1
        need(
            rank in (1, 2) and len(self.pool) == len(self.strides) == len(self.padding) == rank,
            f"window {self.pool} for an input of shape {x.shape}",
        )
        low, high = x.aligned(x.frac)
        size = float(np.prod(self.pool))
        guard(size * np.maximum(np.abs(low.astype(np.float64)), np.abs(high.astype(np.float64))), "the sum")
        lo, hi = (self._pool(end[np.newaxis])[0] for end in (low, high))
        return ValueInfo.exact(lo, hi, x.frac)

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """The sum of each window in int64."""
        del result
        return self._pool(align(inputs[0], infos[0].type.frac, infos[0].frac))

    def _pool(self, x: IntArray) -> IntArray:
        axes = tuple(range(-len(self.pool), 0))
        ones = (1,) * len(self.pool)
        return windows(pad(x, self.padding, 0), self.pool, self.strides, ones).sum(axis=axes, dtype=np.int64)

    def grid(self, inputs: Sequence[GridInfo], result: ValueInfo) -> IntArray:
        del result
        return over_space(inputs[0].grid)

    def demand(self, inputs: Sequence[GridInfo], result: GridInfo) -> int:
        (x,) = inputs
        total = over_space(peak(x.info, x.info.frac)) * int(np.prod(self.pool))
        return max(bits(total, x.info.frac, over_space(x.grid)), edge_bits(inputs, result))
