"""DepthwiseConv1D: refused for its unquantized kernel; QKeras has no quantized form."""

from __future__ import annotations

from edgeml.keras.layers.q_depthwise_conv2d import lower

__all__ = ["lower"]
