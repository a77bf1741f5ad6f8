"""QConv1D: the same code as QConv2D on one spatial axis."""

from __future__ import annotations

from edgeml.keras.layers.q_conv2d import lower

__all__ = ["lower"]
