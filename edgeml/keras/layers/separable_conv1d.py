"""SeparableConv1D: refused for its unquantized kernels, with the remedy."""

from __future__ import annotations

from edgeml.keras.handlers import example
from edgeml.keras.layers import separable_conv2d

LAYER = separable_conv2d.LAYER.on(example((9, 3), refused="use QSeparableConv1D(", filters=4, kernel_size=3))
