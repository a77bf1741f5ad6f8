"""UpSampling1D: the same code as UpSampling2D."""

from __future__ import annotations

from edgeml.keras.handlers import example
from edgeml.keras.layers import up_sampling2d

LAYER = up_sampling2d.LAYER.on(example((4, 2), size=3))
