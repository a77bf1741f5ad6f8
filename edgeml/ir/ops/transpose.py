"""Transpose: axes in another order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgeml.fixed import IntArray
from edgeml.ir.info import Shape, ValueInfo
from edgeml.ir.op import Op, need
from edgeml.ir.ops._move import moved


@dataclass(frozen=True, eq=False)
class Transpose(Op):
    """Axis i of the result is axis `order[i]` of x; the batch axis is not counted.

    Args:
        order: a permutation of the axes, from 0.
    """

    order: Shape

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """The bounds with their axes in the new order."""
        (x,) = inputs
        need(sorted(self.order) == list(range(len(x.shape))), f"order {self.order} for shape {x.shape}")
        return moved(x, lambda values: values.transpose(self.order))

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """The codes with their axes in the new order."""
        del infos, result
        return inputs[0].transpose(0, *(axis + 1 for axis in self.order))
