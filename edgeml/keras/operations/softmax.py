"""Softmax: as `keras.layers.Softmax`."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers import softmax


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """The logits at the end, tables elsewhere."""
    del options
    return softmax.lower(operation, builder, (args[0].value,))
