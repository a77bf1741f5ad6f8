"""Repeat: every element of an axis several times."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.repeat import Repeat
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._common import graph_axis
from edgeml.keras.operations._families import moving


def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
    """A Repeat."""
    if not isinstance(operation.repeats, int):
        raise builder.refuse("repeats elements different numbers of times", "use one number")
    axis = graph_axis(builder, operation.axis, len(builder.info(value).shape))
    return builder.add(Repeat(axis, operation.repeats), value, part="repeat")


OPERATION = moving(lower, lambda keras, x, y: keras.ops.repeat(x, 3, axis=1))
