"""Clip: the value kept between two constants."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.max import Max
from edgeml.ir.ops.min import Min
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._functions import clip
from edgeml.keras.onnx_builder import FloatOnnxBuilder
from edgeml.keras.operations._common import constant
from edgeml.keras.operations._families import pointwise
from edgeml.keras.operations._float_onnx import operand


def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
    """A Max and a Min."""
    rank = len(builder.info(value).shape)
    if operation.x_min is not None:
        value = builder.add(Max(), value, constant(builder, operation.x_min, rank, "least"), part="raised")
    if operation.x_max is not None:
        value = builder.add(Min(), value, constant(builder, operation.x_max, rank, "most"), part="clipped")
    return value


def write(build: FloatOnnxBuilder, x: str, x_min: Any, x_max: Any) -> str:
    """Clip between two numbers, otherwise a Max and a Min."""
    if isinstance(x_min, int | float) and isinstance(x_max, int | float):
        return clip(build, x, x_min, x_max)
    for op, bound in (("Max", x_min), ("Min", x_max)):
        x = x if bound is None else build.add(op, [x, operand(build, bound)])
    return x


OPERATION = pointwise(
    lower, write, lambda keras, x, y: keras.ops.clip(x, -1, 0.75), settings=("x_min", "x_max")
)
