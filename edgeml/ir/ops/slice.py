"""Slice: a regular part of a value (cropping is one)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgeml.fixed import IntArray
from edgeml.ir.info import Shape, ValueInfo
from edgeml.ir.op import Op, need
from edgeml.ir.ops._move import moved


@dataclass(frozen=True, eq=False)
class Slice(Op):
    """x[start:stop:step] on every axis.

    Args:
        starts: per axis, from 0; the batch axis is not counted.
        stops: per axis, at most the axis' size.
        steps: per axis, at least 1.
    """

    starts: Shape
    stops: Shape
    steps: Shape

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """The bounds of what is kept."""
        (x,) = inputs
        need(
            len(self.starts) == len(self.stops) == len(self.steps) == len(x.shape)
            and all(
                0 <= a < b <= n and s >= 1
                for a, b, s, n in zip(self.starts, self.stops, self.steps, x.shape, strict=True)
            ),
            f"slice {self.starts} to {self.stops} by {self.steps} of shape {x.shape}",
        )
        return moved(x, lambda values: values[self._index()])

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """The codes of what is kept."""
        del infos, result
        return inputs[0][(slice(None), *self._index())]

    def _index(self) -> tuple[slice, ...]:
        return tuple(map(slice, self.starts, self.stops, self.steps))
