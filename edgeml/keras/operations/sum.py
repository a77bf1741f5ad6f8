"""Sum: the sum along axes."""

from __future__ import annotations

from edgeml.keras.operations._families import reducing
from edgeml.keras.operations._reduce import total

OPERATION = reducing(
    total,
    "ReduceSum",
    lambda keras, x, y: keras.ops.sum(x, axis=1),
    lambda keras, x, y: keras.ops.sum(x, axis=(1, 2), keepdims=True),
)
