"""Negative: `-x`."""

from __future__ import annotations

from typing import Any

from edgeml.fixed import FixedType
from edgeml.ir.kind import Kind
from edgeml.ir.ops.mul import Mul
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.operations._float_onnx import one


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """(-1) * x."""
    del operation, options
    return builder.add(
        Mul(), args[0].value, builder.const(-1, FixedType(True, 1, 0), "minus"), part="negative"
    )


OPERATION = OperationHandler(
    kind=Kind.POINTWISE,
    lower=lower,
    float_onnx=one("Neg"),
    examples=(lambda keras, x, y: -x,),
)
