"""UpSampling1D: the same code as UpSampling2D."""

from __future__ import annotations

from edgeml.keras.layers.up_sampling2d import MOVES, lower

__all__ = ["MOVES", "lower"]
