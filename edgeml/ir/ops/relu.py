"""Relu: max(x, 0)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeml.fixed import IntArray, align
from edgeml.ir.info import ValueInfo
from edgeml.ir.kind import Kind
from edgeml.ir.op import Op
from edgeml.ir.steps import GridInfo, edge_bits
from edgeml.ir.structure import Structure, stepped


@dataclass(frozen=True, eq=False)
class Relu(Op):
    """max(x, 0), element by element."""

    kind: ClassVar[Kind] = Kind.POINTWISE

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """The bounds, cut off at zero."""
        (x,) = inputs
        lo, hi = x.aligned(x.frac)
        return ValueInfo.exact(np.maximum(lo, 0), np.maximum(hi, 0), x.frac)

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """Negative codes become zero."""
        return np.maximum(align(inputs[0], infos[0].type.frac, infos[0].frac), 0)

    def grid(self, inputs: Sequence[GridInfo], result: ValueInfo) -> IntArray:
        return inputs[0].grid

    def demand(self, inputs: Sequence[GridInfo], result: GridInfo) -> int:
        return edge_bits(inputs, result)

    def structure(
        self, inputs: Sequence[Structure], infos: Sequence[ValueInfo], result: ValueInfo
    ) -> Structure:
        return stepped(inputs[0], infos[0].shape)
