"""QAveragePooling2D: the sum times a quantized 1 / positions."""

from __future__ import annotations

from edgeml.keras.layers.average_pooling2d import lower

__all__ = ["lower"]
