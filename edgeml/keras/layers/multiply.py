"""Multiply: the product of its inputs, element by element."""

from __future__ import annotations

from edgeml.ir.ops.mul import Mul
from edgeml.keras.handlers import example
from edgeml.keras.layers._families import merging

LAYER = merging(Mul(), "Mul", "product", example((4, 3), inputs=3))
