"""Relu6: `keras.ops.relu6(x)`."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._functions import relu6
from edgeml.keras.layers._piecewise import clipped
from edgeml.keras.operations._families import pointwise


def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
    """min(max(x, 0), 6)."""
    return clipped(builder, value, 0, 6)


OPERATION = pointwise(lower, relu6, lambda keras, x, y: keras.ops.relu6(x * 4))
