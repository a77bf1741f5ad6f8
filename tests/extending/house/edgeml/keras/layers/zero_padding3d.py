"""ZeroPadding3D: zeros around a volume."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.pad import Pad
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._window import channels_last

MOVES = True


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A Pad."""
    channels_last(layer, builder)
    return builder.add(Pad((*layer.padding, (0, 0))), inputs[0], part="pad")


def example() -> tuple[tuple[int, ...], list[Any]]:
    """Input shape, and layers to try."""
    import keras

    return (2, 3, 2, 2), [keras.layers.ZeroPadding3D(((1, 0), (0, 2), (1, 1)))]
