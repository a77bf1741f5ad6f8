"""GlobalAveragePooling1D: the same code as GlobalAveragePooling2D."""

from __future__ import annotations

from edgeml.keras.handlers import example
from edgeml.keras.layers import global_average_pooling2d

LAYER = global_average_pooling2d.LAYER.on(example((8, 3)))
