"""Cropping1D: the same code as Cropping2D."""

from __future__ import annotations

from dataclasses import replace

from edgeml.keras.handlers import example
from edgeml.keras.layers import cropping2d

LAYER = replace(
    cropping2d.LAYER,
    examples=(example((7, 2), cropping=(1, 2)),),
)
