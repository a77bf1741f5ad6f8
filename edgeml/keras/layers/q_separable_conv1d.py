"""QSeparableConv1D: the same code as QSeparableConv2D on one spatial axis."""

from __future__ import annotations

from edgeml.keras.layers.q_separable_conv2d import lower

__all__ = ["lower"]
