"""Reshape: the same elements in another shape, row by row (flatten is one)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.fixed import IntArray
from edgeml.ir.info import Shape, ValueInfo
from edgeml.ir.op import need
from edgeml.ir.ops._move import Move


@dataclass(frozen=True, eq=False)
class Reshape(Move):
    """The elements in C order under a new shape.

    Args:
        shape: without the batch axis.
    """

    shape: Shape

    def check(self, x: ValueInfo) -> None:
        need(
            all(n > 0 for n in self.shape) and int(np.prod(self.shape, dtype=np.int64)) == x.size,
            f"{x.size} elements of shape {x.shape} cannot take shape {self.shape}",
        )

    def move(self, values: IntArray) -> IntArray:
        return values.reshape(values.shape[0], *self.shape)
