"""AveragePooling1D: the same code as AveragePooling2D."""

from __future__ import annotations

from edgeml.keras.layers.average_pooling2d import lower

__all__ = ["lower"]
