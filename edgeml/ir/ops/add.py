"""Add: an exact sum, element by element; also the bias of a layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeml.fixed import IntArray
from edgeml.ir.info import ValueInfo, guard
from edgeml.ir.kind import Kind
from edgeml.ir.op import Op
from edgeml.ir.ops._elementwise import aligned_bounds, aligned_codes
from edgeml.ir.steps import GridInfo, bits, edge_bits, peak
from edgeml.ir.structure import Form, Structure, joined_pair, stepped


@dataclass(frozen=True, eq=False)
class Add(Op):
    """a + b at the finer LSB of the two; shapes broadcast as in NumPy."""

    kind: ClassVar[Kind] = Kind.POINTWISE
    arity: ClassVar[int | None] = 2

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """The bounds add."""
        (lo_a, lo_b), (hi_a, hi_b), frac = aligned_bounds(inputs)
        ends = [np.abs(end.astype(np.float64)) for end in (lo_a, lo_b, hi_a, hi_b)]
        guard(np.maximum(ends[0], ends[2]) + np.maximum(ends[1], ends[3]), "the sum")
        return ValueInfo.exact(lo_a + lo_b, hi_a + hi_b, frac)

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """The sum in int64."""
        a, b = aligned_codes(inputs, infos)
        return a + b

    def grid(self, inputs: Sequence[GridInfo], result: ValueInfo) -> IntArray:
        return np.maximum(*(value.grid for value in inputs))

    def demand(self, inputs: Sequence[GridInfo], result: GridInfo) -> int:
        frac = max(value.info.frac for value in inputs)
        peaks = [peak(value.info, frac) for value in inputs]
        # Of two values with opposite signs, neither adds to the other's magnitude.
        a, b = (value.info for value in inputs)
        opposite = ((a.lo >= 0) & (b.hi <= 0)) | ((a.hi <= 0) & (b.lo >= 0))
        total = np.where(opposite, np.maximum(*peaks), np.add(*peaks))
        finest = np.maximum(*(value.grid for value in inputs))
        return max(bits(total, frac, finest), edge_bits(inputs, result))

    def structure(
        self, inputs: Sequence[Structure], infos: Sequence[ValueInfo], result: ValueInfo
    ) -> Structure:
        for x, bias in ((0, 1), (1, 0)):
            if inputs[bias].form is Form.CONSTANT:
                return stepped(inputs[x], result.shape, *infos[bias].marks, affine=True)
        return joined_pair(inputs[0], inputs[1], result.shape, Form.SUM, affine=True)
