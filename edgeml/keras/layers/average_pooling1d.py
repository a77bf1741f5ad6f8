"""AveragePooling1D: the same code as AveragePooling2D."""

from __future__ import annotations

from edgeml.keras.handlers import example
from edgeml.keras.layers import average_pooling2d

LAYER = average_pooling2d.LAYER.on(example((9, 3), pool_size=4, strides=1))
