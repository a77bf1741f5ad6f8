"""LeakyRelu: `keras.ops.leaky_relu(x)`."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.layers import _functions as functions
from edgeml.keras.layers._activation import leaky
from edgeml.keras.onnx_builder import FloatOnnxBuilder


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """max(x, slope * x)."""
    del options
    return leaky(builder, args[0].value, float(operation.negative_slope), operation)


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """LeakyRelu."""
    del options
    return functions.leaky_relu(build, args[0].name, operation.negative_slope)


OPERATION = OperationHandler(
    kind=Kind.POINTWISE,
    lower=lower,
    float_onnx=float_onnx,
    examples=(
        lambda keras, x, y: keras.ops.leaky_relu(x, negative_slope=0.125),
        lambda keras, x, y: keras.ops.leaky_relu(x),
    ),
)
