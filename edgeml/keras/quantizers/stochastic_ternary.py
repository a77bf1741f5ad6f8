"""stochastic_ternary: at inference the same as ternary."""

from __future__ import annotations

from edgeml.keras.quantizers.ternary import lower_activation, quantize_weights

__all__ = ["lower_activation", "quantize_weights"]
