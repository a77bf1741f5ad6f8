"""Input: where floats enter, rounded to a type by a stated mode."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import ElementType, IntArray, Overflow, Round, quantize
from edgeml.ir.info import Shape, ValueInfo, need_room
from edgeml.ir.kind import Kind
from edgeml.ir.op import Op, need
from edgeml.ir.ops._rounding import by_mantissa
from edgeml.ir.steps import GridInfo, edge_bits
from edgeml.ir.structure import Structure

_AT_ONCE = 1 << 21
"""Values that are rounded at once: rounding takes several times their memory."""


@dataclass(frozen=True, eq=False)
class Input(Op):
    """A value of `shape` given from outside.

    Floats are first made float32, as Keras does with its input, then rounded exactly.

    Args:
        shape: without the batch axis.
        type: of the codes.
        rounding: for floats between two codes.
        overflow: for floats outside the range.
    """

    kind: ClassVar[Kind] = Kind.OTHER
    arity: ClassVar[int | None] = 0

    shape: Shape
    type: ElementType
    rounding: Round = Round.RND_CONV
    overflow: Overflow = Overflow.SAT

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """Every code of the type."""
        need(all(n > 0 for n in self.shape), f"shape {self.shape} has an empty axis")
        need_room(self.shape)
        return ValueInfo.full(self.shape, self.type)

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """Never called: the evaluator uses the codes of its caller."""
        raise EdgemlError("an input without a value", "input")

    def codes(self, values: Any) -> IntArray:
        """Floats of shape (batch, *shape) as codes.

        Raises:
            EdgemlError: the shape differs, or a value is no number, NaN, infinite or beyond float32.
        """
        try:
            array = np.asarray(values)
        except ValueError:
            raise EdgemlError("rows of different lengths", "input") from None
        if array.dtype.kind not in "buif":
            raise EdgemlError(f"data of type {array.dtype}, numbers expected", "input")
        with np.errstate(over="ignore"):  # becomes infinite and is refused as such
            floats = array.astype(np.float32)
        if floats.shape[1:] != self.shape or floats.ndim != len(self.shape) + 1:
            raise EdgemlError(
                f"data of shape {floats.shape} given, (samples, {', '.join(map(str, self.shape))}) expected",
                "input",
            )
        if len(floats) <= (some := max(_AT_ONCE // math.prod(self.shape), 1)):
            return quantize(floats, self.type, self.rounding, self.overflow)
        codes = np.empty(floats.shape, np.int64)
        for start in range(0, len(floats), some):
            rows = slice(start, start + some)
            codes[rows] = quantize(floats[rows], self.type, self.rounding, self.overflow)
        return codes

    def grid(self, inputs: Sequence[GridInfo], result: ValueInfo) -> IntArray:
        return np.asarray(result.type.frac)

    def demand(self, inputs: Sequence[GridInfo], result: GridInfo) -> int:
        """Rounding by adding one half to a code needs one bit more."""
        return edge_bits(inputs, result) + (not by_mantissa(self.rounding))

    def structure(
        self, inputs: Sequence[Structure], infos: Sequence[ValueInfo], result: ValueInfo
    ) -> Structure:
        """Never called: an input is a source."""
        raise EdgemlError("an input without a value", "input")
