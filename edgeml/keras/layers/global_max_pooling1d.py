"""GlobalMaxPooling1D: the same code as GlobalMaxPooling2D."""

from __future__ import annotations

from edgeml.keras.handlers import example
from edgeml.keras.layers import global_max_pooling2d

LAYER = global_max_pooling2d.LAYER.on(example((9, 3)))
