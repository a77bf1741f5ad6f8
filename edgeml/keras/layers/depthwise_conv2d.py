"""DepthwiseConv2D: refused for its unquantized kernel, with the remedy."""

from __future__ import annotations

from edgeml.keras.layers.q_depthwise_conv2d import lower

__all__ = ["lower"]
