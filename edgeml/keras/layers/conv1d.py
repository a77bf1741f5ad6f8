"""Conv1D: refused for its unquantized kernel, with the remedy; the same code as QConv1D."""

from __future__ import annotations

from edgeml.keras.handlers import example
from edgeml.keras.layers import conv2d

LAYER = conv2d.LAYER.on(
    example((9, 3), refused="use QConv1D(", filters=4, kernel_size=3, padding="causal", dilation_rate=2)
)
