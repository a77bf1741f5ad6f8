"""Tile: a sample several times side by side."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.ir.ops.concat import Concat
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._families import moving


def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
    """Concats of the value with itself."""
    rank = len(builder.info(value).shape)
    times = tuple(int(n) for n in np.atleast_1d(operation.repeats))
    times = (1,) * (rank + 1 - len(times)) + times
    if len(times) > rank + 1 or times[0] != 1:
        raise builder.refuse("repeats the batch, or makes new axes", "give the first axis a one")
    for axis, count in enumerate(times[1:]):
        if count != 1:
            value = builder.add(Concat(axis), *[value] * int(count), part="tile")
    return value


OPERATION = moving(lower, lambda keras, x, y: keras.ops.tile(x, (1, 2, 1)))
