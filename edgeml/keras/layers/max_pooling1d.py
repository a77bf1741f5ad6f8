"""MaxPooling1D: the same code as MaxPooling2D on one spatial axis."""

from __future__ import annotations

from edgeml.keras.handlers import example
from edgeml.keras.layers import max_pooling2d

LAYER = max_pooling2d.LAYER.on(example((9, 3), pool_size=3, strides=2, padding="same"))
