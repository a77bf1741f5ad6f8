"""Const: weights, biases, tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeml.fixed import ElementType, IntArray
from edgeml.ir.info import ValueInfo
from edgeml.ir.kind import Kind
from edgeml.ir.op import Op, need
from edgeml.ir.steps import GridInfo, constant_grid, edge_bits
from edgeml.ir.structure import Structure, constant


@dataclass(frozen=True, eq=False)
class Const(Op):
    """Fixed codes of a stated type.

    Args:
        codes: whole numbers, any shape; copied to a read-only int64 array.
        type: of the codes; each must be within its range.
    """

    kind: ClassVar[Kind] = Kind.OTHER
    arity: ClassVar[int | None] = 0

    codes: IntArray
    type: ElementType

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """The codes themselves are the bounds."""
        full = ValueInfo.full(tuple(self.codes.shape), self.type)
        need(self.codes.size > 0, "a constant without elements")
        need(
            bool(np.all((self.codes >= full.lo) & (self.codes <= full.hi))),
            f"codes from {self.codes.min()} to {self.codes.max()} do not fit {self.type}",
        )
        return ValueInfo(full.shape, self.type, self.codes, self.codes)

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """The codes, with a batch axis of one."""
        return self.codes[np.newaxis]

    def grid(self, inputs: Sequence[GridInfo], result: ValueInfo) -> IntArray:
        return constant_grid(self.codes, result.type.frac)

    def demand(self, inputs: Sequence[GridInfo], result: GridInfo) -> int:
        return edge_bits(inputs, result)

    def structure(
        self, inputs: Sequence[Structure], infos: Sequence[ValueInfo], result: ValueInfo
    ) -> Structure:
        return constant(result.shape)
