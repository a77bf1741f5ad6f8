"""ZeroPadding1D: the same code as ZeroPadding2D."""

from __future__ import annotations

from edgeml.keras.handlers import example
from edgeml.keras.layers import zero_padding2d

LAYER = zero_padding2d.LAYER.on(example((5, 2), padding=(1, 2)))
