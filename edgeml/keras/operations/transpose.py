"""Transpose: axes in another order."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.transpose import Transpose
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._families import moving


def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
    """A Transpose."""
    rank = len(builder.info(value).shape)
    axes = operation.axes or tuple(range(rank, -1, -1))
    order = [int(a) + (rank + 1 if a < 0 else 0) for a in axes]
    if order[0] != 0:
        raise builder.refuse(
            "moves the batch", f"begin the axes with 0, as in (0, {', '.join(map(str, range(rank, 0, -1)))})"
        )
    return builder.add(Transpose(tuple(a - 1 for a in order[1:])), value, part="transpose")


OPERATION = moving(lower, lambda keras, x, y: keras.ops.transpose(x, (0, 2, 1)))
