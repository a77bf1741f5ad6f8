"""ZeroPadding1D: the same code as ZeroPadding2D."""

from __future__ import annotations

from edgeml.keras.layers.zero_padding2d import lower

__all__ = ["lower"]
