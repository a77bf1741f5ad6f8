"""Conv1DTranspose: refused for its unquantized kernel; QKeras has no quantized form."""

from __future__ import annotations

from edgeml.keras.layers.q_conv2d_transpose import lower

__all__ = ["lower"]
