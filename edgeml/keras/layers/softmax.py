"""Softmax: as the last layer the graph gives the logits; elsewhere, or if asked for, two tables and a sum."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._activation import softmax

TAKES_FLOAT = True


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """The logits, waiting to be the model's output, or to be read."""
    rank = len(builder.info(inputs[0]).shape)
    if layer.axis not in (-1, rank):
        raise builder.refuse(f"softmax along axis {layer.axis}", "use the last axis")
    return softmax(builder, inputs[0], layer)
