"""Transpose: axes in another order."""

from __future__ import annotations

from dataclasses import dataclass

from edgeml.fixed import IntArray
from edgeml.ir.info import Shape, ValueInfo
from edgeml.ir.op import need
from edgeml.ir.ops._move import Move


@dataclass(frozen=True, eq=False)
class Transpose(Move):
    """Axis i of the result is axis `order[i]` of x; the batch axis is not counted.

    Args:
        order: a permutation of the axes, from 0.
    """

    order: Shape

    def check(self, x: ValueInfo) -> None:
        need(sorted(self.order) == list(range(len(x.shape))), f"order {self.order} for shape {x.shape}")

    def move(self, values: IntArray) -> IntArray:
        return values.transpose(0, *(axis + 1 for axis in self.order))
