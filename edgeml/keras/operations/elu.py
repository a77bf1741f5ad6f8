"""Elu: a real function, for the quantizer that follows."""

from __future__ import annotations

from edgeml.keras.layers._functions import elu
from edgeml.keras.operations._families import real_function

OPERATION = real_function(elu, lambda keras, x, y: keras.ops.elu(x, alpha=0.7), "alpha")
