"""Relu6: `keras.ops.relu6(x)`."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._piecewise import clipped

POINTWISE = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """min(max(x, 0), 6)."""
    del operation, options
    return clipped(builder, args[0].value, 0, 6)
