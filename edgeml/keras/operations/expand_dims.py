"""ExpandDims: a new axis of one element."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.reshape import Reshape
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._common import graph_axis
from edgeml.keras.operations._families import moving


def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
    """A Reshape."""
    shape = builder.info(value).shape
    axis = operation.axis[0] if isinstance(operation.axis, list | tuple) else operation.axis
    place = graph_axis(builder, axis, len(shape) + 1)
    return builder.add(Reshape((*shape[:place], 1, *shape[place:])), value, part="reshape")


OPERATION = moving(
    lower, lambda keras, x, y: keras.ops.expand_dims(x, 1), lambda keras, x, y: keras.ops.expand_dims(x, -1)
)
