"""HardTanh: a real function, for the quantizer that follows."""

from __future__ import annotations

from edgeml.keras.layers._functions import hard_tanh
from edgeml.keras.operations._families import real_function

OPERATION = real_function(hard_tanh, lambda keras, x, y: keras.ops.hard_tanh(x))
