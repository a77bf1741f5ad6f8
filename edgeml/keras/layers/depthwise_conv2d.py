"""DepthwiseConv2D: refused for its unquantized kernel, with the remedy."""

from __future__ import annotations

from typing import Any

from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.layers._float_onnx import activated, bias_of, convolved, depthwise_kernel
from edgeml.keras.layers.q_depthwise_conv2d import lower
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """Conv with as many groups as channels."""
    kernel, channels = depthwise_kernel(layer.kernel)
    value = convolved(build, layer, inputs[0], kernel, channels, bias_of(layer))
    return activated(build, layer.activation, value)


LAYER = keras_layer(
    LayerKind.QUANTIZED,
    lower,
    float_onnx,
    example(
        (7, 6, 3),
        refused="use QDepthwiseConv2D(",
        kernel_size=3,
        strides=2,
        padding="same",
        depth_multiplier=2,
    ),
)
