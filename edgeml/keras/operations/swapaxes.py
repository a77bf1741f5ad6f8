"""Swapaxes: two axes exchanged."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.transpose import Transpose
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._common import graph_axis

MOVES = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Transpose."""
    del options
    rank = len(builder.info(args[0].value).shape)
    one, other = (graph_axis(builder, a, rank) for a in (operation.axis1, operation.axis2))
    order = list(range(rank))
    order[one], order[other] = other, one
    return builder.add(Transpose(tuple(order)), args[0].value, part="transpose")
