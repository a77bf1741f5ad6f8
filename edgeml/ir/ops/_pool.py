"""Shared by the ops that reduce windows over the spatial axes, 1-D or 2-D."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeml.fixed import IntArray, align
from edgeml.ir.info import Shape, ValueInfo
from edgeml.ir.kind import Kind
from edgeml.ir.op import Op, need
from edgeml.ir.ops._window import Pairs, pad, windows
from edgeml.ir.steps import GridInfo, over_space


@dataclass(frozen=True, eq=False)
class Pool(Op, abstract=True):
    """A reduction of windows of x (*space, channels).

    Args:
        pool: window per spatial axis.
        strides: per spatial axis.
        padding: (before, after) per spatial axis.
    """

    kind: ClassVar[Kind] = Kind.WINDOW

    fill: ClassVar[int]
    """The code in the padding."""

    pool: Shape
    strides: Shape
    padding: Pairs

    @abstractmethod
    def check(self, low: IntArray, high: IntArray) -> None:
        """A guard of `infer` on the bounds of x.

        Raises:
            EdgemlError: the windows or the sums do not fit.
        """

    @abstractmethod
    def reduce(self, x: IntArray, axes: tuple[int, ...]) -> IntArray:
        """The windows of x, which lie along `axes`, reduced."""

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """The bounds, reduced."""
        (x,) = inputs
        rank = len(x.shape) - 1
        need(
            rank in (1, 2) and len(self.pool) == len(self.strides) == len(self.padding) == rank,
            f"window {self.pool} for an input of shape {x.shape}",
        )
        low, high = x.aligned(x.frac)
        self.check(low, high)
        lo, hi = (self._pooled(end[np.newaxis])[0] for end in (low, high))
        return ValueInfo.exact(lo, hi, x.frac)

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """Each window reduced, in int64."""
        return self._pooled(align(inputs[0], infos[0].type.frac, infos[0].frac))

    def grid(self, inputs: Sequence[GridInfo], result: ValueInfo) -> IntArray:
        return over_space(inputs[0].grid)

    def _pooled(self, x: IntArray) -> IntArray:
        rank = len(self.pool)
        cut = windows(pad(x, self.padding, self.fill), self.pool, self.strides, (1,) * rank)
        return self.reduce(cut, tuple(range(-rank, 0)))
