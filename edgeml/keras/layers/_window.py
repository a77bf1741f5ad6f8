"""Padding of windows as TensorFlow does it."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder

Pairs = tuple[tuple[int, int], ...]


def padding(
    mode: str,
    size: tuple[int, ...],
    kernel: tuple[int, ...],
    strides: tuple[int, ...],
    dilation: tuple[int, ...],
    builder: LayerBuilder,
) -> Pairs:
    """Zeros (before, after) per spatial axis for "valid", "same" or, of one axis, "causal".

    "causal" puts all of them to the front, so that no position sees a later one. "same" gives
    ceil(size / stride) positions; an odd zero goes to the end (TensorFlow, "Convolution" notes).

    Raises:
        EdgemlError: another mode.
    """
    reach = tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))
    if mode == "valid":
        return tuple((0, 0) for _ in size)
    if mode == "causal" and len(size) == 1:
        return ((reach[0] - 1, 0),)
    if mode != "same":
        raise builder.refuse(f"padding {mode!r} is not covered", "use 'valid' or 'same'")
    pairs: list[tuple[int, int]] = []
    for n, r, s in zip(size, reach, strides, strict=True):
        total = max((-(-n // s) - 1) * s + r - n, 0)
        pairs.append((total // 2, total - total // 2))
    return tuple(pairs)


def pooling(layer: Any, builder: LayerBuilder, value: str) -> tuple[tuple[int, ...], tuple[int, ...], Pairs]:
    """Window, strides and padding of a pooling layer on a value of shape (*space, channels).

    Raises:
        EdgemlError: the layer is channels_first, or pads in another mode than "valid" and "same".
    """
    channels_last(layer, builder)
    size = builder.info(value).shape[:-1]
    pool, strides = tuple_of(layer.pool_size, len(size)), tuple_of(layer.strides, len(size))
    return pool, strides, padding(layer.padding, size, pool, strides, (1,) * len(size), builder)


def whole(layer: Any, builder: LayerBuilder, value: str) -> tuple[tuple[int, ...], tuple[int, ...], Pairs]:
    """Window, strides and padding of a global pooling layer; see `pooling`."""
    channels_last(layer, builder)
    *space, _ = builder.info(value).shape
    return tuple(space), (1,) * len(space), ((0, 0),) * len(space)


def channels_last(layer: object, builder: LayerBuilder) -> None:
    """Refuse channels_first.

    Raises:
        EdgemlError: the layer's data format is channels_first.
    """
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        raise builder.refuse("channels_first is not covered", "use data_format='channels_last'")


def tuple_of(value: int | tuple[int, ...] | list[int], rank: int) -> tuple[int, ...]:
    """An int or sequence as one entry per axis.

    >>> tuple_of(2, 2), tuple_of([3], 1)
    ((2, 2), (3,))
    """
    return (value,) * rank if isinstance(value, int) else tuple(int(v) for v in value)


def pairs_of(value: Any) -> Pairs:
    """Amounts (before, after) per axis as Keras keeps them: pairs, or one pair for one axis.

    >>> pairs_of((1, 2)), pairs_of(((1, 2), (3, 4)))
    (((1, 2),), ((1, 2), (3, 4)))
    """
    if isinstance(value[0], int):
        return ((int(value[0]), int(value[1])),)
    return tuple((int(before), int(after)) for before, after in value)
