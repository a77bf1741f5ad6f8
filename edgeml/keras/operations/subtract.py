"""Subtract: `x - y`, where one of them may be a constant."""

from __future__ import annotations

from typing import Any

from edgeml.fixed import FixedType
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.mul import Mul
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._common import operands

POINTWISE = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """a + (-1) * b."""
    del operation, options
    left, right = operands(builder, args)
    minus = builder.const(-1, FixedType(True, 1, 0), "minus")
    negative = builder.add(Mul(), right, minus, part="negative")
    return builder.add(Add(), left, negative, part="difference")
