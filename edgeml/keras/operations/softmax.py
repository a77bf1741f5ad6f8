"""Softmax: as `keras.layers.Softmax`."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.layers import softmax
from edgeml.keras.onnx_builder import FloatOnnxBuilder


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """The logits at the end, tables elsewhere."""
    del options
    return softmax.lower(operation, builder, (args[0].value,))


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """Softmax along one axis."""
    del options
    if not isinstance(operation.axis, int):
        raise build.refuse("a softmax along several axes", "use one axis")
    return build.add("Softmax", [args[0].name], axis=operation.axis)


OPERATION = OperationHandler(
    kind=Kind.OTHER,
    lower=lower,
    float_onnx=float_onnx,
    examples=(lambda keras, x, y: keras.ops.softmax(x),),
)
