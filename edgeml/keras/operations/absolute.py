"""Absolute: `abs(x)`."""

from __future__ import annotations

from typing import Any

from edgeml.fixed import FixedType
from edgeml.ir.kind import Kind
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.relu import Relu
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.operations._float_onnx import one


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """max(x, -x); a Relu says to the interval arithmetic that it is never negative."""
    del operation, options
    value = args[0].value
    minus = builder.const(-1, FixedType(True, 1, 0), "minus")
    largest = builder.add(Max(), value, builder.add(Mul(), value, minus, part="negative"), part="largest")
    return builder.add(Relu(), largest, part="absolute")


OPERATION = OperationHandler(
    kind=Kind.POINTWISE,
    lower=lower,
    float_onnx=one("Abs"),
    examples=(lambda keras, x, y: keras.ops.absolute(x),),
)
