"""Repeat: every element of an axis several times."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.repeat import Repeat
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._common import graph_axis

MOVES = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Repeat."""
    del options
    if not isinstance(operation.repeats, int):
        raise builder.refuse("repeats elements different numbers of times", "use one number")
    axis = graph_axis(builder, operation.axis, len(builder.info(args[0].value).shape))
    return builder.add(Repeat(axis, operation.repeats), args[0].value, part="repeat")
