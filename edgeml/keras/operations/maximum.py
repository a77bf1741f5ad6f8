"""Maximum: the larger of two values, or of a value and a constant."""

from __future__ import annotations

from edgeml.ir.ops.max import Max
from edgeml.keras.operations._families import folding

OPERATION = folding(
    Max(),
    "Max",
    "larger",
    lambda keras, x, y: keras.ops.maximum(x, y),
    lambda keras, x, y: keras.ops.maximum(x, 0.5),
)
