"""SoftShrink: a real function, for the quantizer that follows."""

from __future__ import annotations

from edgeml.keras.layers._functions import soft_shrink
from edgeml.keras.operations._families import real_function

OPERATION = real_function(
    soft_shrink, lambda keras, x, y: keras.ops.soft_shrink(x, threshold=0.75), "threshold"
)
