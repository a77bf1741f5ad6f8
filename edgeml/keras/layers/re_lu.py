"""ReLU: max(x, 0), with an upper bound, a threshold up to which it is zero, or a slope below it.

As Keras has it: x where x > threshold, else slope * (x - threshold); the bound cuts off the first branch. x
equal to the threshold is in the second.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from edgeml.ir.ops.add import Add
from edgeml.ir.ops.min import Min
from edgeml.ir.ops.mul import Mul
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerKind, example
from edgeml.keras.layers._activation import keras_function, leaky, relu
from edgeml.keras.layers._families import keras_layer
from edgeml.keras.layers._piecewise import above, constant, plus
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor
from edgeml.keras.pending import PendingFunction
from edgeml.keras.quantizers._ops import exact_in_float32, scaled


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """Relu, and a Min with the bound; with a threshold, a product with 0 or 1."""
    (value,) = inputs
    slope, threshold, bound = (
        float(np.float32(number or 0)) for number in (layer.negative_slope, layer.threshold, layer.max_value)
    )
    bounded = layer.max_value is not None
    if isinstance(builder.floats.get(value), PendingFunction):
        return builder.function(value, keras_function(layer), "ReLU")
    if slope and not (threshold or bounded):
        return leaky(builder, value, slope, layer)

    def ops(source: str) -> str:
        if threshold:
            result = builder.add(Mul(), source, above(builder, source, threshold), part="passed")
        else:
            result = relu(builder, source)
        if bounded:
            result = builder.add(Min(), result, constant(builder, bound, "bound"), part="bounded")
        if slope:
            distance = plus(builder, source, -threshold, "distance") if threshold else source
            zero = constant(builder, 0, "zero")
            negative = scaled(builder, builder.add(Min(), distance, zero, part="negative"), slope, "slope")
            result = builder.add(Add(), result, negative, part="sloped")
        return result

    if value not in builder.floats and exact_in_float32(builder, value, np.asarray(slope)):
        return ops(builder.exact(value))
    return builder.function(value, keras_function(layer), f"ReLU of slope {slope:.4g}", approximate=ops)


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """Relu, LeakyRelu or, with a bound, Clip; with a threshold a choice between two values."""
    value = inputs[0]
    slope, threshold = float(layer.negative_slope or 0), float(layer.threshold or 0)
    if threshold:
        passed = build.add("Greater", [value.name, build.const(threshold)])
        distance = build.add("Sub", [value.name, build.const(threshold)])
        below = build.add("Mul", [distance, build.const(slope)])
        result = replace(value, name=build.add("Where", [passed, value.name, below]))
    elif slope:
        result = build.pointwise("LeakyRelu", value, alpha=slope)
    elif layer.max_value is not None:
        return build.pointwise("Clip", value, 0.0, layer.max_value)
    else:
        return build.pointwise("Relu", value)
    if layer.max_value is None:
        return result
    return build.pointwise("Clip", result, float(np.finfo(np.float32).min), layer.max_value)


LAYER = keras_layer(
    LayerKind.ANY,
    lower,
    float_onnx,
    example((6,)),
    example((6,), max_value=1.3),
    example((6,), threshold=0.8),
    example((6,), max_value=2.5, negative_slope=0.3, threshold=0.6),
)
