"""LeakyRelu: `keras.ops.leaky_relu(x)`."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._activation import leaky

POINTWISE = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """max(x, slope * x)."""
    del options
    return leaky(builder, args[0].value, float(operation.negative_slope), operation)
