"""GaussianNoise: does nothing at inference."""

from __future__ import annotations

from edgeml.keras.layers.dropout import MOVES, lower

__all__ = ["MOVES", "lower"]
