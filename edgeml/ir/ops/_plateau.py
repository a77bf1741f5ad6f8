"""Bounds of an image without the rows and columns that repeat: far fewer windows give the same bounds.

Bounds are most often the same all over an image but at its edges. Windows that lie within the equal rows
have equal results, so that one of them stands for all.

Invariant: the results of the shortened image, spread again, are those of the whole image.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeml.fixed import IntArray
from edgeml.ir.info import Shape
from edgeml.ir.ops._window import Pairs


def shortened(
    images: Sequence[IntArray], reach: Shape, strides: Shape, padding: Pairs
) -> tuple[list[IntArray], list[IntArray]]:
    """Images of one shape with the rows left out that only repeat results.

    Args:
        images: (*space, channels) each.
        reach: of a window, per spatial axis.
        strides: per spatial axis.
        padding: constants (before, after) per spatial axis.

    Returns:
        The images, and per spatial axis the result in them that each of the whole image's results is.
    """
    short: list[IntArray] = list(images)
    if min((*reach, *strides)) < 1:
        return short, []  # the convolution refuses it
    places: list[IntArray] = []
    for axis, (size, stride, (before, after)) in enumerate(zip(reach, strides, padding, strict=True)):
        length = short[0].shape[axis]
        count = (length + before + after - size) // stride + 1
        start, stop = _longest_run(short, axis)
        first = max(-(-(start + before) // stride), 0)
        last = (stop + before - size) // stride
        left_out = max(last - first, 0)
        if left_out:
            cut = np.arange(start, start + left_out * stride)
            short = [np.delete(image, cut, axis) for image in short]
        every: IntArray = np.arange(max(count, 0), dtype=np.int64)
        places.append(np.where(every <= first, every, np.maximum(every - left_out, first)))
    return short, places


def spread(results: IntArray, places: Sequence[IntArray]) -> IntArray:
    """The results (*space, channels) of the whole image."""
    return results[np.ix_(*places)]


def _longest_run(images: Sequence[IntArray], axis: int) -> tuple[int, int]:
    """The longest stretch of equal slices along an axis, the same in all images."""
    others = tuple(other for other in range(images[0].ndim) if other != axis)
    changes = np.ones(images[0].shape[axis] + 1, np.bool_)
    changes[1:-1] = np.any([np.any(np.diff(image, axis=axis) != 0, axis=others) for image in images], axis=0)
    breaks = np.flatnonzero(changes)
    longest = int(np.argmax(np.diff(breaks)))
    return int(breaks[longest]), int(breaks[longest + 1])
