"""ReLU: `keras.activations.relu(x, ...)` with its settings."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers import re_lu

POINTWISE = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """As the layer."""
    del options
    return re_lu.lower(operation, builder, (args[0].value,))
