"""Mean: the mean along axes; exact for a power of two of elements, else a table with its quantizer."""

from __future__ import annotations

from edgeml.keras.operations._families import reducing
from edgeml.keras.operations._reduce import mean

OPERATION = reducing(
    mean,
    "ReduceMean",
    lambda keras, x, y: keras.ops.mean(x, axis=1),
    lambda keras, x, y: keras.ops.mean(x, axis=2),
)
