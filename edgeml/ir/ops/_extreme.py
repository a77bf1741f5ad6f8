"""Shared by the ops that pick one of two values, element by element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from edgeml.fixed import IntArray
from edgeml.ir.info import ValueInfo
from edgeml.ir.kind import Kind
from edgeml.ir.op import Op
from edgeml.ir.ops._elementwise import aligned_bounds, aligned_codes
from edgeml.ir.steps import GridInfo, edge_bits
from edgeml.ir.structure import Form, Structure, joined_pair, stepped


class Extreme(Op, abstract=True):
    """The larger or smaller of two values at the finer LSB of the two; shapes broadcast as in NumPy."""

    kind: ClassVar[Kind] = Kind.POINTWISE
    arity: ClassVar[int | None] = 2

    choose: ClassVar[np.ufunc]
    """np.maximum or np.minimum."""

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """The choice of the bounds."""
        lows, highs, frac = aligned_bounds(inputs)
        return ValueInfo.exact(self.choose(*lows), self.choose(*highs), frac)

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """The choice of the codes once both have the same LSB."""
        return self.choose(*aligned_codes(inputs, infos))

    def grid(self, inputs: Sequence[GridInfo], result: ValueInfo) -> IntArray:
        return np.maximum(*(value.grid for value in inputs))

    def demand(self, inputs: Sequence[GridInfo], result: GridInfo) -> int:
        return edge_bits(inputs, result)

    def structure(
        self, inputs: Sequence[Structure], infos: Sequence[ValueInfo], result: ValueInfo
    ) -> Structure:
        for x, bound in ((0, 1), (1, 0)):
            if inputs[bound].form is Form.CONSTANT:
                return stepped(inputs[x], result.shape, *infos[bound].marks)
        form = Form.MAXIMUM if self.choose is np.maximum else Form.MINIMUM
        return joined_pair(inputs[0], inputs[1], result.shape, form)
