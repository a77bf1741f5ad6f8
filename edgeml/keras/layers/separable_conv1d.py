"""SeparableConv1D: refused for its unquantized kernels, with the remedy."""

from __future__ import annotations

from dataclasses import replace

from edgeml.keras.handlers import example
from edgeml.keras.layers import separable_conv2d

LAYER = replace(
    separable_conv2d.LAYER,
    examples=(example((9, 3), refused="use QSeparableConv1D(", filters=4, kernel_size=3),),
)
