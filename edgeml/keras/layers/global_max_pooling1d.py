"""GlobalMaxPooling1D: the same code as GlobalMaxPooling2D."""

from __future__ import annotations

from edgeml.keras.layers.global_max_pooling2d import lower

__all__ = ["lower"]
