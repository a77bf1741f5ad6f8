"""Sigmoid: as `keras.layers.Activation("sigmoid")`."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._activation import sigmoid

POINTWISE = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """The logits at the end, a table with its quantizer elsewhere."""
    del options
    return sigmoid(builder, args[0].value, operation)
