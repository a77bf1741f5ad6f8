"""GlobalMaxPooling: the largest value of each channel, 1-D or 2-D."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.reshape import Reshape
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.layers._float_onnx import pooled_whole
from edgeml.keras.layers._window import whole


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A MaxPool over everything."""
    result = builder.add(MaxPool(*whole(layer, builder, inputs[0])), inputs[0], part="max")
    shape = builder.info(result).shape
    return result if layer.keepdims else builder.add(Reshape(shape[-1:]), result, part="flat")


LAYER = keras_layer(
    LayerKind.QUANTIZED,
    lower,
    pooled_whole("GlobalMaxPool"),
    example((7, 6, 3)),
    example((7, 6, 3), keepdims=True),
)
