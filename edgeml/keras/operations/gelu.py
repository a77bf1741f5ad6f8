"""Gelu: a real function, for the quantizer that follows."""

from __future__ import annotations

from edgeml.keras.layers._functions import gelu
from edgeml.keras.operations._families import real_function

OPERATION = real_function(gelu, lambda keras, x, y: keras.ops.gelu(x), "approximate")
