"""Amax: the largest along axes."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.operations._float_onnx import reduced as reduced_onnx
from edgeml.keras.operations._reduce import reduced


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A MaxPool over all of them."""
    del options
    return reduced(builder, args[0].value, operation.axis, operation.keepdims, MaxPool)[0]


OPERATION = OperationHandler(
    kind=Kind.OTHER,
    lower=lower,
    float_onnx=reduced_onnx("ReduceMax"),
    examples=(
        lambda keras, x, y: keras.ops.amax(x, axis=-1),
        lambda keras, x, y: keras.ops.amax(x, axis=(1, 2), keepdims=True),
    ),
)
