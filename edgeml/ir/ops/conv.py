"""Conv: a 1-D or 2-D convolution (correlation, as in every framework) with constant weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeml.fixed import IntArray, align
from edgeml.ir.info import Shape, ValueInfo, guard, need_room
from edgeml.ir.kind import Kind
from edgeml.ir.op import need
from edgeml.ir.ops._linear import Linear, carried
from edgeml.ir.ops._plateau import shortened, spread
from edgeml.ir.ops._window import Pairs, need_windows, pad, windows


@dataclass(frozen=True, eq=False)
class Conv(Linear):
    """x (*space, channels) with w (*kernel, channels / groups, filters), channels last, w constant.

    Args:
        strides: per spatial axis.
        padding: zeros (before, after) per spatial axis.
        dilation: distance of kernel taps per spatial axis.
        groups: filters of group g see only the channels of group g; depthwise when equal to channels.
    """

    kind: ClassVar[Kind] = Kind.WINDOW

    strides: Shape
    padding: Pairs
    dilation: Shape
    groups: int = 1

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """Interval arithmetic on the real weights, pixel by pixel, padding known to be zero."""
        x, w = inputs
        rank = len(x.shape) - 1
        need(
            rank in (1, 2),
            f"input of shape {x.shape}; (length, channels) or (height, width, channels) expected",
        )
        need(len(w.shape) == rank + 2, f"weights of shape {w.shape} for an input of shape {x.shape}")
        need(
            len(self.strides) == len(self.padding) == len(self.dilation) == rank,
            f"strides, padding and dilation need {rank} entries each",
        )
        need(
            self.groups >= 1 and x.shape[-1] == w.shape[-2] * self.groups and w.shape[-1] % self.groups == 0,
            f"{x.shape[-1]} channels, {w.shape[-1]} filters and weights of shape {w.shape} "
            f"do not fit {self.groups} groups",
        )
        need_room([w.shape[-1]], x.size * w.size // max(1, w.shape[-2]))
        weights, _ = w.aligned(w.frac)
        reach = tuple((k - 1) * d + 1 for k, d in zip(w.shape, self.dilation, strict=False))
        need_windows(x.shape, w.shape, reach, self.strides, self.padding)
        (lo, hi), places = shortened(x.aligned(x.frac), reach, self.strides, self.padding)
        peak = np.maximum(np.abs(lo.astype(np.float64)), np.abs(hi.astype(np.float64)))
        guard(self._convolve(peak[np.newaxis], np.abs(weights.astype(np.float64))), "the sum of products")
        plus, minus = np.maximum(weights, 0), np.minimum(weights, 0)
        lo, hi = lo[np.newaxis], hi[np.newaxis]
        low = self._convolve(lo, plus) + self._convolve(hi, minus)
        high = self._convolve(hi, plus) + self._convolve(lo, minus)
        return ValueInfo.exact(spread(low[0], places), spread(high[0], places), x.frac + w.frac)

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """The convolution, exactly."""
        x, w = (align(codes, info.type.frac, info.frac) for codes, info in zip(inputs, infos, strict=True))
        return self._convolve(x, w[0])

    def _convolve(self, x: IntArray, w: IntArray) -> IntArray:
        """x (batch, *space, channels) as rows of taps, times w as a matrix, group by group."""
        rank, kind = w.ndim - 2, x.dtype
        x, w = carried(x, w)
        taps = windows(pad(x, self.padding, 0), w.shape[:rank], self.strides, self.dilation)
        # (batch, *space, channels, *kernel) -> (batch, *space, *kernel, channels)
        taps = np.moveaxis(taps, rank + 1, -1)
        space, taps_per_group = taps.shape[: rank + 1], int(np.prod(w.shape[:-1]))
        rows = [
            part.reshape(-1, taps_per_group) @ weights.reshape(taps_per_group, weights.shape[-1])
            for part, weights in zip(
                np.split(taps, self.groups, axis=-1), np.split(w, self.groups, axis=-1), strict=True
            )
        ]
        sums = rows[0] if self.groups == 1 else np.concatenate(rows, axis=-1)
        return sums.reshape(*space, w.shape[-1]).astype(kind, copy=False)

    def products(self, per_channel: IntArray, weights: IntArray) -> tuple[IntArray, IntArray]:
        inside, filters = weights.shape[-2:]
        taps = weights.size // (inside * filters)
        rows = np.tile(per_channel.reshape(self.groups, inside), (1, taps))
        columns = weights.reshape(taps * inside, self.groups, filters // self.groups)
        return rows, columns.transpose(1, 0, 2)
