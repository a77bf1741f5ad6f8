"""DepthwiseConv1D: refused for its unquantized kernel; QKeras has no quantized form."""

from __future__ import annotations

from edgeml.keras.handlers import example
from edgeml.keras.layers import depthwise_conv2d

LAYER = depthwise_conv2d.LAYER.on(example((9, 3), refused="use QDepthwiseConv2D(", kernel_size=3, strides=2))
