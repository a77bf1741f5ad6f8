"""Max: the largest along axes."""

from __future__ import annotations

from edgeml.keras.operations._families import reducing
from edgeml.keras.operations._reduce import largest

OPERATION = reducing(
    largest,
    "ReduceMax",
    lambda keras, x, y: keras.ops.max(x, axis=1),
    lambda keras, x, y: keras.ops.max(x, axis=-1, keepdims=True),
)
