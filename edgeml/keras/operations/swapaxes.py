"""Swapaxes: two axes exchanged."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.transpose import Transpose
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._common import graph_axis
from edgeml.keras.operations._families import moving


def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
    """A Transpose."""
    rank = len(builder.info(value).shape)
    one, other = (graph_axis(builder, a, rank) for a in (operation.axis1, operation.axis2))
    order = list(range(rank))
    order[one], order[other] = other, one
    return builder.add(Transpose(tuple(order)), value, part="transpose")


OPERATION = moving(lower, lambda keras, x, y: keras.ops.swapaxes(x, 1, -1))
