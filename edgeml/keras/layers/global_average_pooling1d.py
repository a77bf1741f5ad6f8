"""GlobalAveragePooling1D: the same code as GlobalAveragePooling2D."""

from __future__ import annotations

from edgeml.keras.layers.global_average_pooling2d import lower

__all__ = ["lower"]
