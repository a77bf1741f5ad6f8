"""Floor: whole numbers, rounded down."""

from __future__ import annotations

from typing import Any

from edgeml.fixed import Round
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._functions import node
from edgeml.keras.operations._families import pointwise
from edgeml.keras.operations._whole import whole


def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
    """A Cast."""
    return whole(builder, value, Round.TRN)


OPERATION = pointwise(lower, node("Floor"), lambda keras, x, y: keras.ops.floor(x))
