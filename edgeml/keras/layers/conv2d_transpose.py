"""Conv2DTranspose: refused for its unquantized kernel, with the remedy."""

from __future__ import annotations

from edgeml.keras.layers.q_conv2d_transpose import lower

__all__ = ["lower"]
