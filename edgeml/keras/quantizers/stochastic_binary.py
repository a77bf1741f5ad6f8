"""stochastic_binary: at inference the same as binary."""

from __future__ import annotations

from edgeml.keras.quantizers.binary import lower_activation, quantize_weights

__all__ = ["lower_activation", "quantize_weights"]
