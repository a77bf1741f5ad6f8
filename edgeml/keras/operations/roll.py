"""Roll: the elements of an axis moved on, those beyond the end to the front."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._common import graph_axis, picked

MOVES = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """Two pieces exchanged."""
    del options
    value = args[0].value
    shape = builder.info(value).shape
    if not isinstance(operation.shift, int):
        raise builder.refuse("rolls several axes", "roll one after the other")
    axis = graph_axis(builder, operation.axis, len(shape))
    n = shape[axis]
    return picked(builder, value, axis, [(i - operation.shift) % n for i in range(n)], "roll")
