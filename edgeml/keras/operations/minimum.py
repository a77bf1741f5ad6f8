"""Minimum: the smaller of two values, or of a value and a constant."""

from __future__ import annotations

import numpy as np

from edgeml.ir.ops.min import Min
from edgeml.keras.operations._families import folding

OPERATION = folding(
    Min(),
    "Min",
    "smaller",
    lambda keras, x, y: keras.ops.minimum(x, y),
    lambda keras, x, y: keras.ops.minimum(x, np.array([0.5, -1.75, 3.0], np.float32)),
)
