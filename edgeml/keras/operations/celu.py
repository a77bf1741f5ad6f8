"""Celu: a real function, for the quantizer that follows."""

from __future__ import annotations

from edgeml.keras.layers._functions import celu
from edgeml.keras.operations._families import real_function

OPERATION = real_function(celu, lambda keras, x, y: keras.ops.celu(x, alpha=0.7), "alpha")
