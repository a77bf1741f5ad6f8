"""Moveaxis: axes moved to other places."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.ir.ops.transpose import Transpose
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._common import graph_axis

MOVES = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Transpose."""
    del options
    rank = len(builder.info(args[0].value).shape)
    source = [graph_axis(builder, a, rank) for a in np.atleast_1d(operation.source).tolist()]
    target = [graph_axis(builder, a, rank) for a in np.atleast_1d(operation.destination).tolist()]
    order = [a for a in range(rank) if a not in source]
    for place, axis in sorted(zip(target, source, strict=True)):
        order.insert(place, axis)
    return builder.add(Transpose(tuple(order)), args[0].value, part="transpose")
