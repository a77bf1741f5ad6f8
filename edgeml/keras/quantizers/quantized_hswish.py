"""quantized_hswish: quantized_bits of x * clip(x + shift, 0, bound) / bound; a table over a narrow value.

The division by the bound (6) is float32's own rounding, so that only a table can be exact.
"""

from __future__ import annotations

from edgeml.keras.handlers import Absent, QuantizerHandler
from edgeml.keras.quantizers._table import tabulate

QUANTIZER = QuantizerHandler(
    quantize_weights=Absent("it is an activation"),
    lower_activation=tabulate,
    float_activation="hard_swish",
    examples=({"bits": 6, "integer": 2, "alpha": 1.0},),
)
