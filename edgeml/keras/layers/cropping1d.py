"""Cropping1D: the same code as Cropping2D."""

from __future__ import annotations

from edgeml.keras.handlers import example
from edgeml.keras.layers import cropping2d

LAYER = cropping2d.LAYER.on(example((7, 2), cropping=(1, 2)))
