"""Average: the mean along one axis, without weights."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.ir.ops.sum_pool import SumPool
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.layers._mean import divided
from edgeml.keras.onnx_builder import FloatOnnxBuilder
from edgeml.keras.operations._common import only
from edgeml.keras.operations._float_onnx import reduced as reduced_onnx
from edgeml.keras.operations._reduce import reduced


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """The exact sum, divided."""
    only(builder, options)
    total, count = reduced(builder, args[0].value, operation.axis, False, SumPool)
    return divided(builder, total, count)


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """ReduceMean along the axis."""
    if len(args) > 1 or any(value is not None for value in options.values()):
        raise build.refuse("an average with weights", "multiply by the weights and use keras.ops.sum")
    return reduced_onnx("ReduceMean")(build, operation, args, options)


OPERATION = OperationHandler(
    kind=Kind.OTHER,
    lower=lower,
    float_onnx=float_onnx,
    examples=(lambda keras, x, y: keras.ops.average(x, axis=1),),
)
