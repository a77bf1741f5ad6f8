"""Padding of windows, as TFLite computes it."""

from __future__ import annotations

from edgeml.errors import EdgemlError

SAME, VALID = 0, 1
"""Of the schema's Padding."""


def padding(
    kind: int,
    space: tuple[int, ...],
    kernel: tuple[int, ...],
    strides: tuple[int, ...],
    dilation: tuple[int, ...],
) -> tuple[tuple[int, int], ...]:
    """(before, after) per spatial axis.

    Raises:
        EdgemlError: there is no such padding, or a size below one.
    """
    if min(*kernel, *strides, *dilation) < 1 or kind not in (SAME, VALID):
        raise EdgemlError(f"a window of {kernel} with strides {strides} and dilation {dilation}")
    if kind == VALID:
        return ((0, 0),) * len(space)
    pairs: list[tuple[int, int]] = []
    for size, window, step, gap in zip(space, kernel, strides, dilation, strict=True):
        total = max((-(-size // step) - 1) * step + (window - 1) * gap + 1 - size, 0)
        pairs.append((total // 2, total - total // 2))
    return tuple(pairs)
