"""LeakyReLU: x where positive, slope * x elsewhere; exact for slopes of the layer's factor bits."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._activation import keras_function, leaky
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor
from edgeml.keras.pending import PendingFunction


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """max(x, slope * x)."""
    if isinstance(builder.floats.get(inputs[0]), PendingFunction):
        return builder.function(inputs[0], keras_function(layer), "LeakyReLU")
    return leaky(builder, inputs[0], float(layer.negative_slope), layer)


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """LeakyRelu."""
    return build.pointwise("LeakyRelu", inputs[0], alpha=float(layer.negative_slope))


LAYER = keras_layer(
    LayerKind.ANY, lower, float_onnx, example((6,), negative_slope=0.125), example((6,), negative_slope=0.3)
)
