"""Flip: the elements of an axis backwards."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._common import graph_axes, picked
from edgeml.keras.operations._families import moving


def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
    """Pieces in another order."""
    shape = builder.info(value).shape
    for axis in graph_axes(builder, operation.axis, len(shape)):
        value = picked(builder, value, axis, range(shape[axis])[::-1], "flip")
    return value


OPERATION = moving(lower, lambda keras, x, y: keras.ops.flip(x, axis=1))
