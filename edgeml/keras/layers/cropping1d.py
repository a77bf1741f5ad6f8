"""Cropping1D: the same code as Cropping2D."""

from __future__ import annotations

from edgeml.keras.layers.cropping2d import MOVES, lower

__all__ = ["MOVES", "lower"]
