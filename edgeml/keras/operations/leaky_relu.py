"""LeakyRelu: `keras.ops.leaky_relu(x)`."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._activation import leaky
from edgeml.keras.layers._functions import leaky_relu
from edgeml.keras.operations._families import pointwise


def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
    """max(x, slope * x)."""
    return leaky(builder, value, float(operation.negative_slope), operation)


OPERATION = pointwise(
    lower,
    leaky_relu,
    lambda keras, x, y: keras.ops.leaky_relu(x, negative_slope=0.125),
    lambda keras, x, y: keras.ops.leaky_relu(x),
    settings=("negative_slope",),
)
