"""Min: the smaller of two values, element by element."""

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
class Min(Op):
    """min(a, b) at the finer LSB of the two; shapes broadcast as in NumPy."""

    kind: ClassVar[Kind] = Kind.POINTWISE
    arity: ClassVar[int | None] = 2

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """The smaller of the bounds."""
        lows, highs, frac = aligned_bounds(inputs)
        return ValueInfo.exact(np.minimum(*lows), np.minimum(*highs), frac)

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """The smaller code once both have the same LSB."""
        del result
        a, b = aligned_codes(inputs, infos)
        return np.minimum(a, b)

    def grid(self, inputs: Sequence[GridInfo], result: ValueInfo) -> IntArray:
        del result
        return np.maximum(*(value.grid for value in inputs))

    def demand(self, inputs: Sequence[GridInfo], result: GridInfo) -> int:
        return edge_bits(inputs, result)
