"""Clip: the value kept between two constants."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.min import Min
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.onnx_builder import FloatOnnxBuilder
from edgeml.keras.operations._common import constant
from edgeml.keras.operations._float_onnx import operand


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Max and a Min."""
    del options
    value = args[0].value
    rank = len(builder.info(value).shape)
    if operation.x_min is not None:
        value = builder.add(Max(), value, constant(builder, operation.x_min, rank, "least"), part="raised")
    if operation.x_max is not None:
        value = builder.add(Min(), value, constant(builder, operation.x_max, rank, "most"), part="clipped")
    return value


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """A Max and a Min."""
    del options
    name = args[0].name
    for op, bound in (("Max", operation.x_min), ("Min", operation.x_max)):
        name = name if bound is None else build.add(op, [name, operand(build, bound)])
    return name


OPERATION = OperationHandler(
    kind=Kind.POINTWISE,
    lower=lower,
    float_onnx=float_onnx,
    examples=(lambda keras, x, y: keras.ops.clip(x, -1, 0.75),),
)
