"""LeakyReLU: x where positive, slope * x elsewhere; exact for slopes of up to 17 significant bits."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder, PendingFunction
from edgeml.keras.layers._activation import keras_function, leaky

TAKES_FLOAT = True


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """max(x, slope * x)."""
    if isinstance(builder.floats.get(inputs[0]), PendingFunction):
        return builder.function(inputs[0], keras_function(layer), "LeakyReLU")
    return leaky(builder, inputs[0], float(layer.negative_slope), layer)
