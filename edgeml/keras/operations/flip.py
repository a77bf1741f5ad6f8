"""Flip: the elements of an axis backwards."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._common import graph_axes, picked

MOVES = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """Pieces in another order."""
    del options
    value = args[0].value
    shape = builder.info(value).shape
    for axis in graph_axes(builder, operation.axis, len(shape)):
        value = picked(builder, value, axis, range(shape[axis])[::-1], "flip")
    return value
