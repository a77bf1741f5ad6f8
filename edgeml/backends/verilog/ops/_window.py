"""Sliding windows over object arrays of elements."""

from __future__ import annotations

import numpy as np

from edgeml.backends.verilog.cells import Num, Nums, as_array
from edgeml.ir.ops._window import Pairs, pad, windows


def window_elements(
    x: Nums,
    fill: Num,
    padding: Pairs,
    kernel: tuple[int, ...],
    strides: tuple[int, ...],
    dilation: tuple[int, ...],
) -> Nums:
    """The elements of every window, shape (*positions, *kernel, channels).

    The windows are cut from an array of indices (-1 for padding), because they are plain integers.
    """
    indices = np.arange(x.size).reshape(1, *x.shape)
    views = windows(pad(indices, padding, -1), kernel, strides, dilation)[0]
    taps = np.moveaxis(views, len(kernel), -1)
    flat = list(x.reshape(-1))
    return as_array([fill if i < 0 else flat[i] for i in taps.reshape(-1)], taps.shape)
