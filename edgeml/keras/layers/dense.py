"""Dense: refused for its unquantized kernel, with the remedy; the same code as QDense."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.layers._float_onnx import activated
from edgeml.keras.layers.q_dense import lower
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """Gemm of a row, MatMul and Add of several; behind a Flatten of an image the kernel is permuted."""
    value, kernel = inputs[0], np.asarray(layer.kernel)
    if value.flat is not None:  # (*space, channels, units) as (channels, *space, units)
        kernel = np.moveaxis(kernel.reshape(*value.flat, -1), -2, 0).reshape(kernel.shape)
        value = replace(value, flat=None)
    value = build.channels_last(value)
    shape = (*value.shape[:-1], layer.units)
    if len(shape) == 1:
        bias = layer.bias if layer.use_bias else np.zeros(layer.units, np.float32)
        name = build.add("Gemm", [value.name, build.const(kernel), build.const(bias)])
    else:
        name = build.add("MatMul", [value.name, build.const(kernel)])
        name = build.add("Add", [name, build.const(layer.bias)]) if layer.use_bias else name
    return activated(build, layer.activation, FloatTensor(name, shape))


LAYER = keras_layer(
    LayerKind.QUANTIZED,
    lower,
    float_onnx,
    example((6,), refused="use QDense(", units=3, activation="tanh"),
    example((4, 6), refused="use QDense(", units=3, use_bias=False),
)
