"""Sigmoid: as `keras.layers.Activation("sigmoid")`."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.layers._activation import sigmoid
from edgeml.keras.operations._float_onnx import one


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """The logits at the end, a table with its quantizer elsewhere."""
    del options
    return sigmoid(builder, args[0].value, operation)


OPERATION = OperationHandler(
    kind=Kind.POINTWISE,
    lower=lower,
    float_onnx=one("Sigmoid"),
    examples=(lambda keras, x, y: keras.ops.sigmoid(x),),
)
