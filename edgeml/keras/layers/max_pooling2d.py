"""MaxPooling: the largest value of each window, 1-D or 2-D; padding never wins."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.max_pool import MaxPool
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.layers._float_onnx import pooled
from edgeml.keras.layers._window import pooling


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A MaxPool."""
    return builder.add(MaxPool(*pooling(layer, builder, inputs[0])), inputs[0], part="max")


LAYER = keras_layer(
    LayerKind.QUANTIZED,
    lower,
    pooled("MaxPool"),
    example((7, 6, 3), pool_size=(3, 2), strides=(1, 2), padding="same"),
)
