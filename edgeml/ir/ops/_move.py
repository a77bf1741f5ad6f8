"""Shared by ops that only rearrange elements."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from edgeml.fixed import FixedTypeArray, IntArray
from edgeml.ir.info import ValueInfo
from edgeml.ir.kind import Kind
from edgeml.ir.op import Op
from edgeml.ir.steps import GridInfo, edge_bits
from edgeml.ir.structure import Structure, moved


class Move(Op, abstract=True):
    """An op whose results are elements of its input at other places; codes, types and grids move alike."""

    kind: ClassVar[Kind] = Kind.MOVES

    @abstractmethod
    def check(self, x: ValueInfo) -> None:
        """A guard of `infer`.

        Raises:
            EdgemlError: the input cannot be rearranged in this way.
        """

    @abstractmethod
    def move(self, values: IntArray) -> IntArray:
        """The rearrangement of (batch, *shape)."""

    def moved(self, values: IntArray) -> IntArray:
        """The rearrangement of something per element, an array of the value's shape."""
        return self.move(values[np.newaxis])[0]

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """Bounds and types rearranged in the same way as the elements."""
        (x,) = inputs
        self.check(x)
        lo, hi = self.moved(x.lo), self.moved(x.hi)
        if not isinstance(x.type, FixedTypeArray):
            return ValueInfo(tuple(lo.shape), x.type, lo, hi)
        width, frac = (self.moved(np.broadcast_to(part, x.shape)) for part in (x.type.width, x.type.frac))
        return ValueInfo(tuple(lo.shape), FixedTypeArray(x.type.signed, width, frac), lo, hi)

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """The codes at their new places."""
        return self.move(inputs[0])

    def grid(self, inputs: Sequence[GridInfo], result: ValueInfo) -> IntArray:
        return self.moved(inputs[0].grid)

    def demand(self, inputs: Sequence[GridInfo], result: GridInfo) -> int:
        return edge_bits(inputs, result)

    def structure(
        self, inputs: Sequence[Structure], infos: Sequence[ValueInfo], result: ValueInfo
    ) -> Structure:
        return moved(inputs, lambda arrays: self.moved(arrays[0]))
