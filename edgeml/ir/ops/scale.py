"""Scale: times a power of two, which moves the binary point and costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeml.fixed import FixedType, FixedTypeArray, IntArray
from edgeml.ir.info import ValueInfo
from edgeml.ir.kind import Kind
from edgeml.ir.op import Op, need
from edgeml.ir.steps import GridInfo, edge_bits
from edgeml.ir.structure import Structure, stepped


@dataclass(frozen=True, eq=False)
class Scale(Op):
    """x * 2^shift: the codes stay, frac falls by `shift`.

    Args:
        shift: one int, or an int array that broadcasts to the value's shape; the result then has a
            type per element.
    """

    kind: ClassVar[Kind] = Kind.POINTWISE

    shift: int | IntArray

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """The same codes under another type."""
        (x,) = inputs
        if isinstance(self.shift, int) and isinstance(x.type, FixedType):
            element = FixedType(x.type.signed, x.type.width, x.type.frac - self.shift)
            return ValueInfo(x.shape, element, x.lo, x.hi)
        size = np.shape(self.shift)
        fits = len(size) <= len(x.shape) and all(
            m in (1, n) for m, n in zip(size[::-1], x.shape[::-1], strict=False)
        )
        need(fits, f"a shift of shape {size} for a value of shape {x.shape}")
        frac = np.asarray(x.type.frac) - self.shift
        return ValueInfo(x.shape, FixedTypeArray(x.type.signed, x.type.width, frac), x.lo, x.hi)

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """The codes themselves."""
        return inputs[0]

    def grid(self, inputs: Sequence[GridInfo], result: ValueInfo) -> IntArray:
        return inputs[0].grid - self.shift

    def demand(self, inputs: Sequence[GridInfo], result: GridInfo) -> int:
        return edge_bits(inputs, result)

    def structure(
        self, inputs: Sequence[Structure], infos: Sequence[ValueInfo], result: ValueInfo
    ) -> Structure:
        shift = np.asarray(self.shift, np.int64)
        return stepped(inputs[0], infos[0].shape, shift, affine=True)
