"""PReLU: x where positive, alpha * x elsewhere, alpha trained per element or per channel."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from edgeml.fixed import cover
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.min import Min
from edgeml.ir.ops.relu import Relu
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor
from edgeml.keras.quantizers._ops import scaled


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """relu(x) + alpha * min(x, 0), alpha as constants of the layer's factor bits."""
    (value,) = inputs
    zero = builder.const(0, cover(0, 0, 0), "zero")
    negative = builder.add(Min(), value, zero, part="negative")
    negative = scaled(builder, negative, np.asarray(layer.alpha, np.float32), "alpha")
    return builder.add(Add(), builder.add(Relu(), value, part="positive"), negative, part="sum")


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """PRelu; alpha broadcasts over shared axes."""
    value = build.channels_last(inputs[0])
    return replace(value, name=build.add("PRelu", [value.name, build.const(layer.alpha)]))


LAYER = keras_layer(LayerKind.QUANTIZED, lower, float_onnx, example((8,)), example((4, 3), shared_axes=[1]))
