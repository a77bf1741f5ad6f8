"""Concat: values side by side along one axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeml.fixed import IntArray, align
from edgeml.ir.info import ValueInfo, need_room
from edgeml.ir.kind import Kind
from edgeml.ir.op import Op, need
from edgeml.ir.steps import GridInfo, edge_bits
from edgeml.ir.structure import Structure, moved


@dataclass(frozen=True, eq=False)
class Concat(Op):
    """The inputs one after the other along `axis`, at the finest LSB among them.

    Args:
        axis: from 0, the batch axis not counted.
    """

    kind: ClassVar[Kind] = Kind.OTHER
    arity: ClassVar[int | None] = None

    axis: int

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """The bounds side by side."""
        rank = len(inputs[0].shape)
        need(0 <= self.axis < rank, f"axis {self.axis} for shape {inputs[0].shape}")
        rest = [(len(i.shape), i.shape[: self.axis], i.shape[self.axis + 1 :]) for i in inputs]
        need(
            all(other == rest[0] for other in rest),
            f"shapes {', '.join(str(i.shape) for i in inputs)} do not fit along axis {self.axis}",
        )
        need_room([sum(info.size for info in inputs)])
        frac = max(info.frac for info in inputs)
        ends = [info.aligned(frac) for info in inputs]
        lo, hi = (np.concatenate([pair[end] for pair in ends], axis=self.axis) for end in (0, 1))
        return ValueInfo.exact(lo, hi, frac)

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """The codes side by side."""
        frac = max(info.frac for info in infos)
        (batch,) = np.broadcast_shapes(*(codes.shape[:1] for codes in inputs))
        parts = [
            np.broadcast_to(align(codes, info.type.frac, frac), (batch, *info.shape))
            for codes, info in zip(inputs, infos, strict=True)
        ]
        return np.concatenate(parts, axis=self.axis + 1)

    def grid(self, inputs: Sequence[GridInfo], result: ValueInfo) -> IntArray:
        return np.concatenate([value.grid for value in inputs], axis=self.axis)

    def demand(self, inputs: Sequence[GridInfo], result: GridInfo) -> int:
        return edge_bits(inputs, result)

    def structure(
        self, inputs: Sequence[Structure], infos: Sequence[ValueInfo], result: ValueInfo
    ) -> Structure:
        return moved(inputs, lambda arrays: np.concatenate(arrays, axis=self.axis))
