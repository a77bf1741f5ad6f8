"""QConv1D: the same code as QConv2D on one spatial axis."""

from __future__ import annotations

from edgeml.keras.handlers import example
from edgeml.keras.layers._families import quantized_layer, quantizers
from edgeml.keras.layers.q_conv2d import lower

LAYER = quantized_layer(
    "Conv1D", lower, example((9, 3), filters=4, kernel_size=3, dilation_rate=2, **quantizers("kernel"))
)
