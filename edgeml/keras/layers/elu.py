"""ELU: x where positive, alpha * (exp(x) - 1) elsewhere; real, so that a quantizer has to follow."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._activation import keras_function

TAKES_FLOAT = True


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A table together with the quantizer that follows."""
    return builder.function(inputs[0], keras_function(layer), type(layer).__name__)
