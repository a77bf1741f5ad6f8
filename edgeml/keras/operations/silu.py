"""Silu: a real function, for the quantizer that follows."""

from __future__ import annotations

from edgeml.keras.layers._functions import silu
from edgeml.keras.operations._families import real_function

OPERATION = real_function(silu, lambda keras, x, y: keras.ops.silu(x))
