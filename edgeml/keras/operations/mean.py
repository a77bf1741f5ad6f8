"""Mean: the mean along axes; exact for a power of two of elements, else a table with its quantizer."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.ir.ops.sum_pool import SumPool
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.layers._mean import divided
from edgeml.keras.operations._float_onnx import reduced as reduced_onnx
from edgeml.keras.operations._reduce import reduced


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """The exact sum, divided."""
    del options
    total, count = reduced(builder, args[0].value, operation.axis, operation.keepdims, SumPool)
    return divided(builder, total, count)


OPERATION = OperationHandler(
    kind=Kind.OTHER,
    lower=lower,
    float_onnx=reduced_onnx("ReduceMean"),
    examples=(
        lambda keras, x, y: keras.ops.mean(x, axis=1),
        lambda keras, x, y: keras.ops.mean(x, axis=2),
    ),
)
