"""Reshape: the same elements, row by row, in another shape."""

from __future__ import annotations

import math
from typing import Any

from edgeml.ir.ops.reshape import Reshape
from edgeml.keras.builder import LayerBuilder

MOVES = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Reshape; the first size must be the batch's."""
    del options
    size = builder.info(args[0].value).size
    first, *wanted = operation.newshape
    divisor = math.prod(n for n in wanted if n not in (-1, None))
    sizes = tuple(int(n) if n not in (-1, None) else size // max(divisor, 1) for n in wanted)
    if math.prod(sizes) != size or first not in (-1, None):
        raise builder.refuse(
            f"reshapes the batch, to {tuple(operation.newshape)}",
            "use keras.layers.Reshape, which leaves it alone",
        )
    return builder.add(Reshape(sizes), args[0].value, part="reshape")
