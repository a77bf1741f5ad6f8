"""Slice: a regular part of a value (cropping is one)."""

from __future__ import annotations

from dataclasses import dataclass

from edgeml.fixed import IntArray
from edgeml.ir.info import Shape, ValueInfo
from edgeml.ir.op import need
from edgeml.ir.ops._move import Move


@dataclass(frozen=True, eq=False)
class Slice(Move):
    """x[start:stop:step] on every axis.

    Args:
        starts: per axis, from 0; the batch axis is not counted.
        stops: per axis, at most the axis' size.
        steps: per axis, at least 1.
    """

    starts: Shape
    stops: Shape
    steps: Shape

    def check(self, x: ValueInfo) -> None:
        need(
            len(self.starts) == len(self.stops) == len(self.steps) == len(x.shape)
            and all(
                0 <= a < b <= n and s >= 1
                for a, b, s, n in zip(self.starts, self.stops, self.steps, x.shape, strict=True)
            ),
            f"slice {self.starts} to {self.stops} by {self.steps} of shape {x.shape}",
        )

    def move(self, values: IntArray) -> IntArray:
        return values[(slice(None), *map(slice, self.starts, self.stops, self.steps))]
