"""HardShrink: a real function, for the quantizer that follows."""

from __future__ import annotations

from edgeml.keras.layers._functions import hard_shrink
from edgeml.keras.operations._families import real_function

OPERATION = real_function(
    hard_shrink, lambda keras, x, y: keras.ops.hard_shrink(x, threshold=0.75), "threshold"
)
