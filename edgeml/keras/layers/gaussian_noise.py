"""GaussianNoise: does nothing at inference."""

from __future__ import annotations

from edgeml.keras.layers.dropout import MOVES, TAKES_FLOAT, lower

__all__ = ["MOVES", "TAKES_FLOAT", "lower"]
