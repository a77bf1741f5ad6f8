"""Sigmoid: as `keras.layers.Activation("sigmoid")`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._activation import sigmoid
from edgeml.keras.layers._functions import node
from edgeml.keras.operations._families import pointwise


def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
    """The logits at the end, a table with its quantizer elsewhere."""
    return sigmoid(builder, value, operation)


OPERATION = replace(pointwise(lower, node("Sigmoid"), lambda keras, x, y: keras.ops.sigmoid(x)), real=True)
