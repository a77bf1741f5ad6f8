"""Roll: the elements of an axis moved on, those beyond the end to the front."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._common import graph_axis, picked
from edgeml.keras.operations._families import moving


def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
    """Two pieces exchanged."""
    shape = builder.info(value).shape
    if not isinstance(operation.shift, int):
        raise builder.refuse("rolls several axes", "roll one after the other")
    axis = graph_axis(builder, operation.axis, len(shape))
    n = shape[axis]
    return picked(builder, value, axis, [(i - operation.shift) % n for i in range(n)], "roll")


OPERATION = moving(lower, lambda keras, x, y: keras.ops.roll(x, 2, axis=-1))
