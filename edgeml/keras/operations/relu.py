"""Relu: `keras.ops.relu(x)`."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._activation import relu

POINTWISE = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Relu."""
    del operation, options
    return relu(builder, args[0].value)
