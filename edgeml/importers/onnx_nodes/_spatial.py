"""Windows over the spatial axes, as ONNX states them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from edgeml.errors import EdgemlError
from edgeml.importers.onnx_reader.model import SourceNode

Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class SourceWindow:
    """Strides, padding and dilation, one entry per spatial axis."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    padding: Pairs
    dilations: tuple[int, ...]


def window(node: SourceNode, space: tuple[int, ...], kernel: tuple[int, ...] = ()) -> SourceWindow:
    """The window of a node.

    Args:
        node: a convolution or a pooling.
        space: sizes of the input's spatial axes.
        kernel: of the weights; by default the attribute kernel_shape.

    Raises:
        EdgemlError: attributes do not fit the input.
    """
    kernel = kernel or node.integers("kernel_shape", ())
    rank = len(space)
    strides = node.integers("strides", (1,) * rank)
    dilations = node.integers("dilations", (1,) * rank)
    if len(kernel) != rank or len(strides) != rank or len(dilations) != rank or rank not in (1, 2):
        raise EdgemlError(
            f"a window of {kernel} with strides {strides} over an input with {rank} spatial axes",
            hint="windows of one and two axes are read",
        )
    if min(*kernel, *strides, *dilations) < 1:
        raise EdgemlError(f"a window of {kernel} with strides {strides} and dilations {dilations}")
    reach = [(size - 1) * dilation + 1 for size, dilation in zip(kernel, dilations, strict=True)]
    mode = node.text("auto_pad", "NOTSET")
    padding: list[tuple[int, int]] = []
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        for size, step, need in zip(space, strides, reach, strict=True):
            total = max((math.ceil(size / step) - 1) * step + need - size, 0)
            small, large = total // 2, total - total // 2
            padding.append((small, large) if mode == "SAME_UPPER" else (large, small))
    elif mode in ("VALID", "NOTSET", ""):
        pads = node.integers("pads", (0,) * (2 * rank)) if mode != "VALID" else (0,) * (2 * rank)
        if len(pads) != 2 * rank or min(pads) < 0:
            raise EdgemlError(f"pads {pads} for {rank} spatial axes")
        padding = [(pads[axis], pads[axis + rank]) for axis in range(rank)]
    else:
        raise EdgemlError(f"auto_pad {mode!r}")
    if node.integer("ceil_mode", 0):
        padding = [
            (before, after + _more(size + before + after, need, step, size + before))
            for (before, after), size, need, step in zip(padding, space, reach, strides, strict=True)
        ]
    return SourceWindow(tuple(kernel), tuple(strides), tuple(padding), tuple(dilations))


def _more(padded: int, need: int, step: int, last: int) -> int:
    """Padding that ceil_mode adds behind an axis so that the last window is whole and begins in the input."""
    count = -(-(padded - need) // step) + 1
    if (count - 1) * step >= last:
        count -= 1
    return max((count - 1) * step + need - padded, 0)
