"""GlobalMaxPooling1D: the same code as GlobalMaxPooling2D."""

from __future__ import annotations

from dataclasses import replace

from edgeml.keras.handlers import example
from edgeml.keras.layers import global_max_pooling2d

LAYER = replace(
    global_max_pooling2d.LAYER,
    examples=(example((9, 3)),),
)
