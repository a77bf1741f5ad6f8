"""Relu: `keras.ops.relu(x)`."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._activation import relu
from edgeml.keras.layers._functions import node
from edgeml.keras.operations._families import pointwise


def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
    """A Relu."""
    return relu(builder, value)


OPERATION = pointwise(lower, node("Relu"), lambda keras, x, y: keras.ops.relu(x))
