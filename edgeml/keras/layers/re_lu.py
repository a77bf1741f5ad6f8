"""ReLU: max(x, 0), with an upper bound, a threshold up to which it is zero, or a slope below it.

As Keras has it: x where x > threshold, else slope * (x - threshold); the bound cuts off the first branch. x
equal to the threshold is in the second.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.ir.ops.add import Add
from edgeml.ir.ops.min import Min
from edgeml.ir.ops.mul import Mul
from edgeml.keras.builder import LayerBuilder, PendingFunction
from edgeml.keras.layers._activation import keras_function, leaky, relu
from edgeml.keras.layers._piecewise import above, constant, plus
from edgeml.keras.quantizers._ops import scaled, significant

TAKES_FLOAT = True


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

    if significant(np.asarray(slope), builder.factor_bits)[2] == 0:
        return ops(builder.exact(value))
    return builder.function(value, keras_function(layer), f"ReLU of slope {slope:.4g}", approximate=ops)
