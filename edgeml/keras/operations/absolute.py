"""Absolute: `abs(x)`."""

from __future__ import annotations

from typing import Any

from edgeml.fixed import FixedType
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.relu import Relu
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._functions import node
from edgeml.keras.operations._families import pointwise


def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
    """max(x, -x); a Relu says to the interval arithmetic that it is never negative."""
    minus = builder.const(-1, FixedType(True, 1, 0), "minus")
    largest = builder.add(Max(), value, builder.add(Mul(), value, minus, part="negative"), part="largest")
    return builder.add(Relu(), largest, part="absolute")


OPERATION = pointwise(lower, node("Abs"), lambda keras, x, y: keras.ops.absolute(x))
