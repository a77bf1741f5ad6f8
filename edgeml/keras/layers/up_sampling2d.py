"""UpSampling: every pixel repeated along the spatial axes, 1-D or 2-D; nearest neighbour only."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.repeat import Repeat
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._window import channels_last, tuple_of

MOVES = True


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Repeat per axis."""
    channels_last(layer, builder)
    if getattr(layer, "interpolation", "nearest") != "nearest":
        raise builder.refuse(f"interpolation {layer.interpolation!r} is not covered", "use 'nearest'")
    (result,) = inputs
    for axis, times in enumerate(tuple_of(layer.size, len(builder.info(result).shape) - 1)):
        result = builder.add(Repeat(axis, times), result, part="repeat")
    return result
