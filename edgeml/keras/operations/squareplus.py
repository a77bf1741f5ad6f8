"""Squareplus: a real function, for the quantizer that follows."""

from __future__ import annotations

from edgeml.keras.layers._functions import squareplus
from edgeml.keras.operations._families import real_function

OPERATION = real_function(squareplus, lambda keras, x, y: keras.ops.squareplus(x, b=2), "b")
