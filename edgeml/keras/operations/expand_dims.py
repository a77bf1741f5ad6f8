"""ExpandDims: a new axis of one element."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.reshape import Reshape
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._common import graph_axis

MOVES = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Reshape."""
    del options
    shape = builder.info(args[0].value).shape
    axis = operation.axis[0] if isinstance(operation.axis, list | tuple) else operation.axis
    place = graph_axis(builder, axis, len(shape) + 1)
    return builder.add(Reshape((*shape[:place], 1, *shape[place:])), args[0].value, part="reshape")
