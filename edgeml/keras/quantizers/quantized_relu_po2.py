"""quantized_relu_po2: 2^round(log2 x) for positive x, the least power of two for the others (or a slope).

The logarithm is float32's own; codes are read off the output, never recomputed. Activations are tables.
"""

from __future__ import annotations

from edgeml.keras.handlers import QuantizerHandler
from edgeml.keras.quantizers._table import tabulate
from edgeml.keras.quantizers.quantized_po2 import quantize_weights
from edgeml.keras.quantizers.quantized_relu import rectified

QUANTIZER = QuantizerHandler(
    quantize_weights=quantize_weights,
    lower_activation=tabulate,
    float_activation=rectified,
    examples=(
        {"bits": 4},
        {"bits": 4, "negative_slope": 0.25},
    ),
)
