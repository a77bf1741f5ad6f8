"""Conv2D: refused for its unquantized kernel, with the remedy; the same code as QConv2D."""

from __future__ import annotations

from typing import Any

from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.layers._float_onnx import activated, bias_of, convolved, full_kernel
from edgeml.keras.layers.q_conv2d import lower
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """Conv."""
    value = convolved(build, layer, inputs[0], full_kernel(layer.kernel), layer.groups, bias_of(layer))
    return activated(build, layer.activation, value)


LAYER = keras_layer(
    LayerKind.QUANTIZED,
    lower,
    float_onnx,
    example(
        (7, 6, 2),
        refused="use QConv2D(",
        filters=3,
        kernel_size=(2, 3),
        strides=(2, 1),
        padding="same",
        activation="relu",
    ),
    example((7, 6, 4), refused="use QConv2D(", filters=6, kernel_size=3, groups=2, dilation_rate=2),
)
