"""Reshape: the same elements, row by row, in another shape."""

from __future__ import annotations

import math
from typing import Any

from edgeml.ir.ops.reshape import Reshape
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._families import moving


def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
    """A Reshape; the first size must be the batch's."""
    size = builder.info(value).size
    first, *shape = operation.newshape
    divisor = math.prod(n for n in shape if n not in (-1, None))
    sizes = tuple(int(n) if n not in (-1, None) else size // max(divisor, 1) for n in shape)
    if math.prod(sizes) != size or first not in (-1, None):
        raise builder.refuse(
            f"reshapes the batch, to {tuple(operation.newshape)}",
            "use keras.layers.Reshape, which leaves it alone",
        )
    return builder.add(Reshape(sizes), value, part="reshape")


OPERATION = moving(
    lower,
    lambda keras, x, y: keras.ops.reshape(x, (-1, 2, 6)),
    lambda keras, x, y: keras.ops.reshape(x, (-1, 12)),
)
