"""MatMul: a matrix product with constant weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeml.fixed import IntArray, align
from edgeml.ir.info import ValueInfo, guard, need_room
from edgeml.ir.kind import Kind
from edgeml.ir.op import need
from edgeml.ir.ops._linear import Linear, carried


@dataclass(frozen=True, eq=False)
class MatMul(Linear):
    """x (..., k) times w (k, n) = (..., n), w constant.

    The result has frac(x) + frac(w) fractional bits and the width that its interval needs.
    """

    kind: ClassVar[Kind] = Kind.LINEAR

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """Interval arithmetic on the real weights: lo = lo(x) w+ + hi(x) w-."""
        x, w = inputs
        need(len(w.shape) == 2, f"weights of shape {w.shape}, (inputs, outputs) expected")
        need(
            len(x.shape) >= 1 and x.shape[-1] == w.shape[0],
            f"input of shape {x.shape} against weights of shape {w.shape}",
        )
        need_room((*x.shape[:-1], w.shape[1]), x.size * w.shape[1])
        (lo, hi), (weights, _) = x.aligned(x.frac), w.aligned(w.frac)
        peak = np.maximum(np.abs(lo.astype(np.float64)), np.abs(hi.astype(np.float64)))
        guard(peak @ np.abs(weights.astype(np.float64)), "the sum of products")
        plus, minus = np.maximum(weights, 0), np.minimum(weights, 0)
        return ValueInfo.exact(lo @ plus + hi @ minus, hi @ plus + lo @ minus, x.frac + w.frac)

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """The product, exactly."""
        x, w = (align(codes, info.type.frac, info.frac) for codes, info in zip(inputs, infos, strict=True))
        x, w = carried(x, w[0])
        return (x @ w).astype(np.int64, copy=False)

    def products(self, per_channel: IntArray, weights: IntArray) -> tuple[IntArray, IntArray]:
        return per_channel[np.newaxis], weights[np.newaxis]
