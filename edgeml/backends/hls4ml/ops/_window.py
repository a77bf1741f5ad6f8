"""Attributes of hls4ml's sliding-window layers, 1-D and 2-D."""

from __future__ import annotations

from typing import Any

from edgeml.ir import Shape

Pairs = tuple[tuple[int, int], ...]


def conv_attributes(
    shape: Shape, space: Shape, filters: int, kernel: Shape, strides: Shape, padding: Pairs
) -> dict[str, Any]:
    """Attributes of Conv1D, Conv2D and their depthwise forms.

    Args:
        shape: of the input, (*space, channels).
        space: of the output.
        filters: channels of the output.
        kernel: taps per spatial axis.
        strides: per spatial axis.
        padding: (before, after) per spatial axis.
    """
    return {
        **_space("in", shape[:-1]),
        **_space("out", space),
        **_space("filt", kernel),
        **_space("stride", strides),
        **pads(padding),
        **_space("dilation", (1,) * len(space)),
        "n_chan": shape[-1],
        "n_filt": filters,
        "padding": "valid",
    }


def pool_attributes(
    shape: Shape, space: Shape, pool: Shape, strides: Shape, padding: Pairs
) -> dict[str, Any]:
    """Attributes of MaxPooling1D and MaxPooling2D; arguments as for `conv_attributes`."""
    common = {
        **_space("pool", pool),
        **_space("stride", strides),
        **pads(padding),
        "n_filt": shape[-1],
        "count_pad": False,
        "padding": "valid",
    }
    if len(pool) == 1:
        return {"n_in": shape[0], "n_out": space[0], **common}
    return {**_space("in", shape[:-1]), **_space("out", space), **common}


def pads(padding: Pairs) -> dict[str, int]:
    """pad_left and pad_right, for two axes pad_top and pad_bottom as well."""
    names = (("left", "right"),) if len(padding) == 1 else (("top", "bottom"), ("left", "right"))
    return {
        f"pad_{name}": size
        for pair, sizes in zip(names, padding, strict=True)
        for name, size in zip(pair, sizes, strict=True)
    }


def _space(prefix: str, sizes: Shape) -> dict[str, int]:
    names = ("width",) if len(sizes) == 1 else ("height", "width")
    return {f"{prefix}_{name}": size for name, size in zip(names, sizes, strict=True)}
