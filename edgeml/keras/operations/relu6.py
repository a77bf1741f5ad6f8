"""Relu6: `keras.ops.relu6(x)`."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.layers import _functions as functions
from edgeml.keras.layers._piecewise import clipped
from edgeml.keras.onnx_builder import FloatOnnxBuilder


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """min(max(x, 0), 6)."""
    del operation, options
    return clipped(builder, args[0].value, 0, 6)


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """A Clip."""
    del operation, options
    return functions.relu6(build, args[0].name)


OPERATION = OperationHandler(
    kind=Kind.POINTWISE,
    lower=lower,
    float_onnx=float_onnx,
    examples=(lambda keras, x, y: keras.ops.relu6(x * 4),),
)
