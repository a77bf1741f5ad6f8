"""Pad: zeros around a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeml.fixed import FixedType, IntArray, align
from edgeml.ir.info import ValueInfo, need_room
from edgeml.ir.kind import Kind
from edgeml.ir.op import Op, need
from edgeml.ir.ops._window import Pairs
from edgeml.ir.steps import ZERO, GridInfo, edge_bits
from edgeml.ir.structure import NONE, Structure, moved


@dataclass(frozen=True, eq=False)
class Pad(Op):
    """x with zeros before and after each axis.

    Args:
        padding: (before, after) per axis; the batch axis is not counted.
    """

    kind: ClassVar[Kind] = Kind.OTHER

    padding: Pairs

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """The bounds, zero in the padding."""
        (x,) = inputs
        need(
            len(self.padding) == len(x.shape) and all(n >= 0 for pair in self.padding for n in pair),
            f"padding {self.padding} for shape {x.shape}",
        )
        need_room(n + sum(pair) for n, pair in zip(x.shape, self.padding, strict=True))
        lo, hi = (self._pad(end[np.newaxis])[0] for end in x.aligned(x.frac))
        if isinstance(x.type, FixedType):
            return ValueInfo(tuple(lo.shape), x.type, lo, hi)
        return ValueInfo.exact(lo, hi, x.frac)

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """The codes with zeros around."""
        return self._pad(align(inputs[0], infos[0].type.frac, infos[0].frac))

    def _pad(self, x: IntArray) -> IntArray:
        return np.pad(x, ((0, 0), *self.padding))

    def grid(self, inputs: Sequence[GridInfo], result: ValueInfo) -> IntArray:
        return np.pad(inputs[0].grid[np.newaxis], ((0, 0), *self.padding), constant_values=ZERO)[0]

    def demand(self, inputs: Sequence[GridInfo], result: GridInfo) -> int:
        return edge_bits(inputs, result)

    def structure(
        self, inputs: Sequence[Structure], infos: Sequence[ValueInfo], result: ValueInfo
    ) -> Structure:
        padding = ((0, 0), *self.padding)
        return moved(inputs, lambda arrays: np.pad(arrays[0][np.newaxis], padding, constant_values=NONE)[0])
