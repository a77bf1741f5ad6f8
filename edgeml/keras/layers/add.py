"""Add: the sum of its inputs, element by element; a residual connection."""

from __future__ import annotations

from edgeml.ir.ops.add import Add
from edgeml.keras.handlers import example
from edgeml.keras.layers._families import merging

LAYER = merging(Add(), "Add", "sum", example((4, 3), inputs=3))
