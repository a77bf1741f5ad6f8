"""TanhShrink: a real function, for the quantizer that follows."""

from __future__ import annotations

from edgeml.keras.layers._functions import tanh_shrink
from edgeml.keras.operations._families import real_function

OPERATION = real_function(tanh_shrink, lambda keras, x, y: keras.ops.tanh_shrink(x))
