"""MaxPool: the largest value of each window, 1-D or 2-D."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeml.fixed import IntArray
from edgeml.ir.op import need
from edgeml.ir.ops._pool import Pool
from edgeml.ir.steps import GridInfo, edge_bits


@dataclass(frozen=True, eq=False)
class MaxPool(Pool):
    """The maximum over windows of x (*space, channels); padding, below the window's size, never wins."""

    fill: ClassVar[int] = int(np.iinfo(np.int64).min)
    """Stands for minus infinity; never the result: padding is narrower than a window."""

    def check(self, low: IntArray, high: IntArray) -> None:
        need(
            all(n < size for pair, size in zip(self.padding, self.pool, strict=True) for n in pair),
            f"padding {self.padding} leaves windows {self.pool} without a value",
        )

    def reduce(self, x: IntArray, axes: tuple[int, ...]) -> IntArray:
        return x.max(axis=axes)

    def demand(self, inputs: Sequence[GridInfo], result: GridInfo) -> int:
        return edge_bits(inputs, result)
