"""Conv2D: refused for its unquantized kernel, with the remedy; the same code as QConv2D."""

from __future__ import annotations

from edgeml.keras.layers.q_conv2d import lower

__all__ = ["lower"]
