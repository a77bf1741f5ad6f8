"""MaxPool: the largest value of each window, 1-D or 2-D."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeml.fixed import IntArray
from edgeml.ir.info import ValueInfo
from edgeml.ir.op import need
from edgeml.ir.ops._pool import Pool
from edgeml.ir.ops._window import pad, windows
from edgeml.ir.steps import GridInfo, edge_bits
from edgeml.ir.structure import Structure, largest


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

    def structure(
        self, inputs: Sequence[Structure], infos: Sequence[ValueInfo], result: ValueInfo
    ) -> Structure:
        def windowed(values: IntArray, fill: int) -> IntArray:
            padded = pad(values[np.newaxis], self.padding, fill)
            cut = windows(padded, self.pool, self.strides, (1,) * len(self.pool))[0]
            return cut.reshape(*cut.shape[: -len(self.pool)], -1)

        return largest(inputs[0], windowed)
