"""UpSampling1D: the same code as UpSampling2D."""

from __future__ import annotations

from dataclasses import replace

from edgeml.keras.handlers import example
from edgeml.keras.layers import up_sampling2d

LAYER = replace(
    up_sampling2d.LAYER,
    examples=(example((4, 2), size=3),),
)
