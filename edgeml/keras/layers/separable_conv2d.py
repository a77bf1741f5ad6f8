"""SeparableConv2D: refused for its unquantized kernels, with the remedy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.layers._float_onnx import activated, convolved, depthwise_kernel, full_kernel
from edgeml.keras.layers.q_separable_conv2d import lower
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """A Conv with as many groups as channels, and one with a window of one pixel."""
    kernel, channels = depthwise_kernel(layer.depthwise_kernel)
    value = convolved(build, layer, inputs[0], kernel, channels)
    window = [1] * (len(value.shape) - 1)
    constants = [build.const(full_kernel(layer.pointwise_kernel))]
    if layer.use_bias:
        constants.append(build.const(layer.bias))
    name = build.add("Conv", [value.name, *constants], kernel_shape=window)
    result = replace(value, name=name, shape=(*value.shape[:-1], layer.filters))
    return activated(build, layer.activation, result)


LAYER = keras_layer(
    LayerKind.QUANTIZED,
    lower,
    float_onnx,
    example(
        (7, 6, 3),
        refused="use QSeparableConv2D(",
        filters=4,
        kernel_size=3,
        strides=2,
        padding="same",
        depth_multiplier=2,
        activation="relu",
    ),
)
