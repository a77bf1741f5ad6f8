"""SumPool: the exact sum of each window, 1-D or 2-D; average pooling is this and a scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeml.fixed import IntArray
from edgeml.ir.info import ValueInfo, guard
from edgeml.ir.ops._pool import Pool
from edgeml.ir.steps import GridInfo, bits, edge_bits, over_space, peak
from edgeml.ir.structure import Structure, summed


@dataclass(frozen=True, eq=False)
class SumPool(Pool):
    """The sum over windows of x (*space, channels); padding counts as zero."""

    fill: ClassVar[int] = 0

    def check(self, low: IntArray, high: IntArray) -> None:
        size = float(np.prod(self.pool))
        guard(size * np.maximum(np.abs(low.astype(np.float64)), np.abs(high.astype(np.float64))), "the sum")

    def reduce(self, x: IntArray, axes: tuple[int, ...]) -> IntArray:
        return x.sum(axis=axes, dtype=np.int64)

    def demand(self, inputs: Sequence[GridInfo], result: GridInfo) -> int:
        (x,) = inputs
        total = over_space(peak(x.info, x.info.frac)) * int(np.prod(self.pool))
        return max(bits(total, x.info.frac, over_space(x.grid)), edge_bits(inputs, result))

    def structure(
        self, inputs: Sequence[Structure], infos: Sequence[ValueInfo], result: ValueInfo
    ) -> Structure:
        return summed(inputs, result.shape)
