"""ReLU: max(x, 0), with an upper bound, a threshold below which it is zero, or a slope below zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.fixed import cover
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.min import Min
from edgeml.ir.ops.mul import Mul
from edgeml.keras.builder import Function, LayerBuilder
from edgeml.keras.layers._activation import keras_function, leaky, relu
from edgeml.keras.quantizers._common import grid_of
from edgeml.keras.quantizers._ops import below_zero

TAKES_FLOAT = True


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """Relu, and a Min with the bound; with a threshold, a product with 0 or 1."""
    (value,) = inputs
    slope = float(layer.negative_slope or 0)
    if isinstance(builder.floats.get(value), Function) or (layer.threshold and slope):
        return builder.function(value, keras_function(layer), "ReLU")
    if layer.threshold:
        result = _above(builder, value, float(np.float32(layer.threshold)))
    elif slope:
        result = leaky(builder, value, slope, layer)
    else:
        result = relu(builder, value)
    if layer.max_value is None:
        return result
    bound = float(np.float32(layer.max_value))
    frac = grid_of(bound)
    code = int(np.ldexp(bound, frac))
    return builder.add(Min(), result, builder.const(code, cover(0, code, frac), "bound"), part="bounded")


def _above(builder: LayerBuilder, value: str, threshold: float) -> str:
    """The value where it is at least the threshold, else zero: value * (1 - [value < threshold])."""
    frac = builder.info(value).frac
    least = int(np.ceil(np.ldexp(threshold, frac)))
    shift = builder.const(-least, cover(min(-least, 0), max(-least, 0), frac), "threshold")
    below = below_zero(builder, builder.add(Add(), value, shift, part="distance"), "below")
    one = builder.const(1, cover(0, 1, 0), "one")
    return builder.add(Mul(), value, builder.add(Add(), below, one, part="above"), part="passed")
