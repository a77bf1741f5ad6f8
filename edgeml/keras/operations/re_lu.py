"""ReLU: `keras.activations.relu(x, ...)` with its settings."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.layers import re_lu
from edgeml.keras.onnx_builder import FloatOnnxBuilder


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """As the layer."""
    del options
    return re_lu.lower(operation, builder, (args[0].value,))


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """As the layer."""
    del options
    return re_lu.float_onnx(build, operation, [args[0]]).name


OPERATION = OperationHandler(
    kind=Kind.POINTWISE,
    lower=lower,
    float_onnx=float_onnx,
    examples=(
        lambda keras, x, y: keras.activations.relu(x, negative_slope=0.25, max_value=1.5, threshold=0.5),
        lambda keras, x, y: keras.activations.relu(x, negative_slope=0.3),
    ),
)
