"""Floor: whole numbers, rounded down."""

from __future__ import annotations

from typing import Any

from edgeml.fixed import Round
from edgeml.ir.kind import Kind
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.operations._float_onnx import one
from edgeml.keras.operations._whole import whole


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Cast."""
    del operation, options
    return whole(builder, args[0].value, Round.TRN)


OPERATION = OperationHandler(
    kind=Kind.POINTWISE,
    lower=lower,
    float_onnx=one("Floor"),
    examples=(lambda keras, x, y: keras.ops.floor(x),),
)
