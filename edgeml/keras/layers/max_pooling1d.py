"""MaxPooling1D: the same code as MaxPooling2D on one spatial axis."""

from __future__ import annotations

from edgeml.keras.layers.max_pooling2d import lower

__all__ = ["lower"]
