"""QActivation: a quantizer as a layer; directly after a model input it is the type of the graph's input."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._activation import activate

TAKES_FLOAT = True


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """The quantizer's ops."""
    return activate(layer.activation, builder, inputs[0])
