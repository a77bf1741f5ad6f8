"""Max: the largest along axes."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.onnx_builder import FloatOnnxBuilder
from edgeml.keras.operations._float_onnx import reduced as reduced_onnx
from edgeml.keras.operations._reduce import reduced


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A MaxPool over all of them."""
    del options
    if operation.initial is not None:
        raise builder.refuse("has an initial value", "use keras.ops.maximum after it")
    return reduced(builder, args[0].value, operation.axis, operation.keepdims, MaxPool)[0]


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """ReduceMax along the axes."""
    if operation.initial is not None:
        raise build.refuse("a maximum with an initial value", "use keras.ops.maximum after it")
    return reduced_onnx("ReduceMax")(build, operation, args, options)


OPERATION = OperationHandler(
    kind=Kind.OTHER,
    lower=lower,
    float_onnx=float_onnx,
    examples=(
        lambda keras, x, y: keras.ops.max(x, axis=1),
        lambda keras, x, y: keras.ops.max(x, axis=-1, keepdims=True),
    ),
)
