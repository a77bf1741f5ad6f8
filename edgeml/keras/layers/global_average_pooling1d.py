"""GlobalAveragePooling1D: the same code as GlobalAveragePooling2D."""

from __future__ import annotations

from dataclasses import replace

from edgeml.keras.handlers import example
from edgeml.keras.layers import global_average_pooling2d

LAYER = replace(
    global_average_pooling2d.LAYER,
    examples=(example((8, 3)),),
)
