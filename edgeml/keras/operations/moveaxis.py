"""Moveaxis: axes moved to other places."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.ir.ops.transpose import Transpose
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._common import graph_axis
from edgeml.keras.operations._families import moving


def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
    """A Transpose."""
    rank = len(builder.info(value).shape)
    source = [graph_axis(builder, a, rank) for a in np.atleast_1d(operation.source).tolist()]
    target = [graph_axis(builder, a, rank) for a in np.atleast_1d(operation.destination).tolist()]
    order = [a for a in range(rank) if a not in source]
    for place, axis in sorted(zip(target, source, strict=True)):
        order.insert(place, axis)
    return builder.add(Transpose(tuple(order)), value, part="transpose")


OPERATION = moving(
    lower,
    lambda keras, x, y: keras.ops.moveaxis(x, 2, 1),
    lambda keras, x, y: keras.ops.moveaxis(keras.ops.reshape(x, (-1, 2, 2, 3)), 3, 1),
)
