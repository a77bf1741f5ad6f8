"""AveragePooling1D: the same code as AveragePooling2D."""

from __future__ import annotations

from dataclasses import replace

from edgeml.keras.handlers import example
from edgeml.keras.layers import average_pooling2d

LAYER = replace(
    average_pooling2d.LAYER,
    examples=(example((9, 3), pool_size=4, strides=1),),
)
