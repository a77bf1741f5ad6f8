"""Square: `keras.ops.square(x)`."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.relu import Relu
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.onnx_builder import FloatOnnxBuilder
from edgeml.keras.operations._families import pointwise


def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
    """x * x; a Relu says to the interval arithmetic that it is never negative."""
    product = builder.add(Mul(), value, value, part="product")
    return builder.add(Relu(), product, part="square")


def write(build: FloatOnnxBuilder, x: str) -> str:
    """x * x."""
    return build.add("Mul", [x, x])


OPERATION = pointwise(lower, write, lambda keras, x, y: keras.ops.square(x))
