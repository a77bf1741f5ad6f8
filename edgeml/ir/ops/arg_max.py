"""ArgMax: the position of the largest value along the last axis; the class of a classifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeml.fixed import IntArray, align, cover
from edgeml.ir.info import ValueInfo
from edgeml.ir.kind import Kind
from edgeml.ir.op import Op, need
from edgeml.ir.steps import GridInfo, edge_bits
from edgeml.ir.structure import Structure, position


@dataclass(frozen=True, eq=False)
class ArgMax(Op):
    """The index of the largest element along the last axis, first on a tie; shape (..., n) to (...)."""

    kind: ClassVar[Kind] = Kind.OTHER

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """Any index."""
        (x,) = inputs
        need(len(x.shape) >= 1, "a scalar has no axis")
        x.aligned(x.frac)  # elements with LSBs of their own are compared at the finest one
        last = x.shape[-1] - 1
        shape = x.shape[:-1]
        return ValueInfo(shape, cover(0, last, 0), np.zeros(shape, np.int64), np.full(shape, last, np.int64))

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """The index, counted from 0."""
        return np.argmax(align(inputs[0], infos[0].type.frac, infos[0].frac), axis=-1)

    def grid(self, inputs: Sequence[GridInfo], result: ValueInfo) -> IntArray:
        return np.asarray(0)

    def demand(self, inputs: Sequence[GridInfo], result: GridInfo) -> int:
        return edge_bits(inputs, result)

    def structure(
        self, inputs: Sequence[Structure], infos: Sequence[ValueInfo], result: ValueInfo
    ) -> Structure:
        return position(inputs[0])
