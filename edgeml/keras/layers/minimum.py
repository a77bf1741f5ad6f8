"""Minimum: the smallest of its inputs, element by element."""

from __future__ import annotations

from edgeml.ir.ops.min import Min
from edgeml.keras.handlers import example
from edgeml.keras.layers._families import merging

LAYER = merging(Min(), "Min", "smallest", example((4, 3), inputs=2))
