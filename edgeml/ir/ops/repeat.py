"""Repeat: every element several times in a row (nearest-neighbour upsampling)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.fixed import IntArray
from edgeml.ir.info import ValueInfo, need_room
from edgeml.ir.op import need
from edgeml.ir.ops._move import Move


@dataclass(frozen=True, eq=False)
class Repeat(Move):
    """Each slice along `axis`, `times` times in a row.

    Args:
        axis: from 0, the batch axis not counted.
        times: at least 1.
    """

    axis: int
    times: int

    def check(self, x: ValueInfo) -> None:
        need(0 <= self.axis < len(x.shape), f"axis {self.axis} for shape {x.shape}")
        need(self.times >= 1, f"{self.times} times")
        need_room((*x.shape, self.times))

    def move(self, values: IntArray) -> IntArray:
        return np.repeat(values, self.times, axis=self.axis + 1)
