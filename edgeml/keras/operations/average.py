"""Average: the mean along one axis, without weights."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.onnx_builder import FloatOnnxBuilder
from edgeml.keras.operations._common import only
from edgeml.keras.operations._float_onnx import reduced
from edgeml.keras.operations._reduce import mean


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """The exact sum, divided."""
    only(builder, options)
    return mean(operation, builder, args[0].value)


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """ReduceMean along the axis."""
    if len(args) > 1 or any(value is not None for value in options.values()):
        raise build.refuse("an average with weights", "multiply by the weights and use keras.ops.sum")
    return reduced("ReduceMean")(build, operation, args, options)


OPERATION = OperationHandler(
    kind=Kind.OTHER,
    lower=lower,
    float_onnx=float_onnx,
    examples=(lambda keras, x, y: keras.ops.average(x, axis=1),),
)
