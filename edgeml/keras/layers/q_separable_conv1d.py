"""QSeparableConv1D: the same code as QSeparableConv2D on one spatial axis."""

from __future__ import annotations

from edgeml.keras.handlers import example
from edgeml.keras.layers._families import quantized_layer, quantizers
from edgeml.keras.layers.q_separable_conv2d import lower

LAYER = quantized_layer(
    "SeparableConv1D",
    lower,
    example((9, 3), filters=4, kernel_size=3, **quantizers("depthwise", "pointwise")),
)
