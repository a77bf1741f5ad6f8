"""Add: `x + y`, of two values or a value and a constant."""

from __future__ import annotations

import numpy as np

from edgeml.ir.ops.add import Add
from edgeml.keras.operations._families import folding

OPERATION = folding(
    Add(),
    "Add",
    "sum",
    lambda keras, x, y: x + y,
    lambda keras, x, y: x + 1.5,
    lambda keras, x, y: x + y[:, :1],
    lambda keras, x, y: x + np.array([0.5, -1.75, 3.0], np.float32),
)
