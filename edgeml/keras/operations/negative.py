"""Negative: `-x`."""

from __future__ import annotations

from typing import Any

from edgeml.fixed import FixedType
from edgeml.ir.ops.mul import Mul
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._functions import node
from edgeml.keras.operations._families import pointwise


def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
    """(-1) * x."""
    return builder.add(Mul(), value, builder.const(-1, FixedType(True, 1, 0), "minus"), part="negative")


OPERATION = pointwise(lower, node("Neg"), lambda keras, x, y: -x)
