"""Cropping: the middle of the spatial axes, 1-D or 2-D."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.slice import Slice
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._window import channels_last, pairs_of

MOVES = True


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Slice."""
    channels_last(layer, builder)
    shape = builder.info(inputs[0]).shape
    pairs = (*pairs_of(layer.cropping), (0, 0))
    starts = tuple(before for before, _ in pairs)
    stops = tuple(size - after for size, (_, after) in zip(shape, pairs, strict=True))
    return builder.add(Slice(starts, stops, (1,) * len(shape)), inputs[0], part="crop")
