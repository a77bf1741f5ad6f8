"""Subtract: `x - y`, where one of them may be a constant."""

from __future__ import annotations

from typing import Any

from edgeml.fixed import FixedType
from edgeml.ir.kind import Kind
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.mul import Mul
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.operations._common import operands
from edgeml.keras.operations._float_onnx import two


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """a + (-1) * b."""
    left, right = operands(builder, args)
    minus = builder.const(-1, FixedType(True, 1, 0), "minus")
    negative = builder.add(Mul(), right, minus, part="negative")
    return builder.add(Add(), left, negative, part="difference")


OPERATION = OperationHandler(
    kind=Kind.POINTWISE,
    lower=lower,
    float_onnx=two("Sub"),
    examples=(
        lambda keras, x, y: x - y,
        lambda keras, x, y: 2 - x,
    ),
)
