"""Reshape: the same elements in another shape, row by row (flatten is one)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgeml.fixed import IntArray
from edgeml.ir.info import Shape, ValueInfo
from edgeml.ir.op import Op, need
from edgeml.ir.ops._move import moved


@dataclass(frozen=True, eq=False)
class Reshape(Op):
    """The elements in C order under a new shape.

    Args:
        shape: without the batch axis.
    """

    shape: Shape

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """The bounds in the new shape."""
        (x,) = inputs
        need(
            all(n > 0 for n in self.shape) and int(np.prod(self.shape, dtype=np.int64)) == x.size,
            f"{x.size} elements of shape {x.shape} cannot take shape {self.shape}",
        )
        return moved(x, lambda values: values.reshape(self.shape))

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """The codes in the new shape."""
        del infos, result
        return inputs[0].reshape(inputs[0].shape[0], *self.shape)
