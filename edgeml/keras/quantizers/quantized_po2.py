"""quantized_po2: sign(x) * 2^round(log2 |x|), the exponent clipped to what `bits` can hold.

The logarithm is float32's own; codes are read off the output, never recomputed. Activations are tables.
"""

from __future__ import annotations

from typing import Any

from edgeml.keras.handlers import QuantizerHandler
from edgeml.keras.quantizers._common import QuantizedWeights, read_codes
from edgeml.keras.quantizers._table import tabulate


def quantize_weights(quantizer: Any, values: Any, where: str) -> QuantizedWeights:
    """The narrowest type that holds all powers of two that occur."""
    return read_codes(quantizer, values, where)


QUANTIZER = QuantizerHandler(
    quantize_weights=quantize_weights,
    lower_activation=tabulate,
    float_activation="linear",
    examples=(
        {"bits": 4},
        {"bits": 4, "max_value": 2},
    ),
)
