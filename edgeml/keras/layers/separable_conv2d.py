"""SeparableConv2D: refused for its unquantized kernels, with the remedy."""

from __future__ import annotations

from edgeml.keras.layers.q_separable_conv2d import lower

__all__ = ["lower"]
