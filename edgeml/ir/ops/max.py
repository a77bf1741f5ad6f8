"""Max: the larger of two values, element by element."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeml.fixed import IntArray
from edgeml.ir.info import ValueInfo
from edgeml.ir.kind import Kind
from edgeml.ir.op import Op
from edgeml.ir.ops._elementwise import aligned_bounds, aligned_codes
from edgeml.ir.steps import GridInfo, edge_bits


@dataclass(frozen=True, eq=False)
class Max(Op):
    """max(a, b) at the finer LSB of the two; shapes broadcast as in NumPy."""

    kind: ClassVar[Kind] = Kind.POINTWISE
    arity: ClassVar[int | None] = 2

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """The larger of the bounds."""
        lows, highs, frac = aligned_bounds(inputs)
        return ValueInfo.exact(np.maximum(*lows), np.maximum(*highs), frac)

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """The larger code once both have the same LSB."""
        del result
        a, b = aligned_codes(inputs, infos)
        return np.maximum(a, b)

    def grid(self, inputs: Sequence[GridInfo], result: ValueInfo) -> IntArray:
        del result
        return np.maximum(*(value.grid for value in inputs))

    def demand(self, inputs: Sequence[GridInfo], result: GridInfo) -> int:
        return edge_bits(inputs, result)
