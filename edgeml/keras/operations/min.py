"""Min: the smallest along axes."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.onnx_builder import FloatOnnxBuilder
from edgeml.keras.operations import amin
from edgeml.keras.operations._float_onnx import reduced as reduced_onnx


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """-max(-x)."""
    if operation.initial is not None:
        raise builder.refuse("has an initial value", "use keras.ops.minimum after it")
    return amin.lower(operation, builder, args, options)


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """ReduceMin along the axes."""
    if operation.initial is not None:
        raise build.refuse("a minimum with an initial value", "use keras.ops.minimum after it")
    return reduced_onnx("ReduceMin")(build, operation, args, options)


OPERATION = OperationHandler(
    kind=Kind.OTHER,
    lower=lower,
    float_onnx=float_onnx,
    examples=(lambda keras, x, y: keras.ops.min(x, axis=(1, 2)),),
)
