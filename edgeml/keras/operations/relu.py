"""Relu: `keras.ops.relu(x)`."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.layers._activation import relu
from edgeml.keras.operations._float_onnx import one


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Relu."""
    del operation, options
    return relu(builder, args[0].value)


OPERATION = OperationHandler(
    kind=Kind.POINTWISE,
    lower=lower,
    float_onnx=one("Relu"),
    examples=(lambda keras, x, y: keras.ops.relu(x),),
)
