"""Conv1DTranspose: refused for its unquantized kernel; QKeras has no quantized form."""

from __future__ import annotations

from edgeml.keras.handlers import example
from edgeml.keras.layers import conv2d_transpose

LAYER = conv2d_transpose.LAYER.on(
    example((5, 2), refused="use QConv2DTranspose(", filters=3, kernel_size=3, strides=2)
)
