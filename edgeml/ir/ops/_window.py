"""Sliding windows over the spatial axes, shared by convolution and pooling."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeml import limits
from edgeml.errors import EdgemlError
from edgeml.ir.info import Shape, need_room

Pairs: TypeAlias = tuple[tuple[int, int], ...]


def pad(x: NDArray[Any], padding: Pairs, value: int) -> NDArray[Any]:
    """x (batch, *space, channels) with `value` around the spatial axes.

    Raises:
        EdgemlError: a negative padding.
    """
    if any(n < 0 for pair in padding for n in pair):
        raise EdgemlError(f"negative padding {padding}", hint="crop with a slice")
    if not any(n for pair in padding for n in pair):
        return x
    need_room(n + sum(pair) for n, pair in zip(x.shape[1:], (*padding, (0, 0)), strict=True))
    return np.pad(x, ((0, 0), *padding, (0, 0)), constant_values=value)


def need_windows(x: Shape, weights: Shape, reach: Shape, strides: Shape, padding: Pairs) -> None:
    """Refuse a convolution whose result or windows are above the limits, before an array of them is made.

    Args:
        x: shape of the input (*space, channels).
        weights: shape (*kernel, channels of a group, filters).
        reach: of the kernel with its dilation, per spatial axis.
        strides: per spatial axis.
        padding: (before, after) per spatial axis.

    Raises:
        EdgemlError: see `edgeml.limits`.
    """
    space = [
        max(size + sum(pair) - need, 0) // max(stride, 1) + 1
        for size, pair, need, stride in zip(x, padding, reach, strides, strict=False)
    ]
    need_room((*space, weights[-1]))
    limits.GRAPH.check(math.prod((*space, x[-1], *weights[:-2])), "the windows have")


def windows(x: NDArray[Any], kernel: Shape, strides: Shape, dilation: Shape) -> NDArray[Any]:
    """Views of shape (batch, *positions, channels, *kernel) into x (batch, *space, channels).

    Raises:
        EdgemlError: a window does not fit, or a stride, dilation or size is below one.
    """
    if any(n < 1 for n in (*kernel, *strides, *dilation)):
        raise EdgemlError(f"window {kernel}, strides {strides} and dilation {dilation} must be at least 1")
    axes = tuple(range(1, len(kernel) + 1))
    reach = tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))
    if any(size < need for size, need in zip(x.shape[1:], reach, strict=False)):
        raise EdgemlError(f"a window of {reach} does not fit into {x.shape[1:-1]}")
    space = [
        (size - need) // stride + 1 for size, need, stride in zip(x.shape[1:], reach, strides, strict=False)
    ]
    cut = math.prod((*space, x.shape[-1], *kernel))
    limits.GRAPH.check(cut, "the windows have")
    every = np.lib.stride_tricks.sliding_window_view(x, reach, axis=axes)
    positions = (slice(None), *(slice(None, None, s) for s in strides), slice(None))
    taps = tuple(slice(None, None, d) for d in dilation)
    return every[positions + taps]
