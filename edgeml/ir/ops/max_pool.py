"""MaxPool: the largest value of each window, 1-D or 2-D."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeml.fixed import IntArray, align
from edgeml.ir.info import Shape, ValueInfo
from edgeml.ir.kind import Kind
from edgeml.ir.op import Op, need
from edgeml.ir.ops._window import Pairs, pad, windows
from edgeml.ir.steps import GridInfo, edge_bits, over_space

_LOWEST = int(np.iinfo(np.int64).min)
"""Stands for minus infinity in padding; never the result: padding is narrower than a window."""


@dataclass(frozen=True, eq=False)
class MaxPool(Op):
    """The maximum over windows of x (*space, channels); padding never wins.

    Args:
        pool: window per spatial axis.
        strides: per spatial axis.
        padding: (before, after) per spatial axis, each below the window's size.
    """

    kind: ClassVar[Kind] = Kind.WINDOW

    pool: Shape
    strides: Shape
    padding: Pairs

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """The maxima of the bounds."""
        (x,) = inputs
        rank = len(x.shape) - 1
        need(
            rank in (1, 2) and len(self.pool) == len(self.strides) == len(self.padding) == rank,
            f"window {self.pool} for an input of shape {x.shape}",
        )
        need(
            all(n < size for pair, size in zip(self.padding, self.pool, strict=True) for n in pair),
            f"padding {self.padding} leaves windows {self.pool} without a value",
        )
        lo, hi = (self._pool(end[np.newaxis])[0] for end in x.aligned(x.frac))
        return ValueInfo.exact(lo, hi, x.frac)

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """The maximum of each window."""
        del result
        return self._pool(align(inputs[0], infos[0].type.frac, infos[0].frac))

    def _pool(self, x: IntArray) -> IntArray:
        axes = tuple(range(-len(self.pool), 0))
        ones = (1,) * len(self.pool)
        return windows(pad(x, self.padding, _LOWEST), self.pool, self.strides, ones).max(axis=axes)

    def grid(self, inputs: Sequence[GridInfo], result: ValueInfo) -> IntArray:
        del result
        return over_space(inputs[0].grid)

    def demand(self, inputs: Sequence[GridInfo], result: GridInfo) -> int:
        return edge_bits(inputs, result)
