"""Repeat: every element several times in a row (nearest-neighbour upsampling)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgeml.fixed import IntArray
from edgeml.ir.info import ValueInfo
from edgeml.ir.op import Op, need
from edgeml.ir.ops._move import moved


@dataclass(frozen=True, eq=False)
class Repeat(Op):
    """Each slice along `axis`, `times` times in a row.

    Args:
        axis: from 0, the batch axis not counted.
        times: at least 1.
    """

    axis: int
    times: int

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """The bounds, repeated."""
        (x,) = inputs
        need(0 <= self.axis < len(x.shape), f"axis {self.axis} for shape {x.shape}")
        need(self.times >= 1, f"{self.times} times")
        return moved(x, lambda values: np.repeat(values, self.times, axis=self.axis))

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """The codes, repeated."""
        del infos, result
        return np.repeat(inputs[0], self.times, axis=self.axis + 1)
