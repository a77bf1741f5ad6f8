"""quantized_ulaw: a table of what QKeras returns for every code."""

from __future__ import annotations

from edgeml.keras.handlers import Absent, QuantizerHandler
from edgeml.keras.quantizers._table import tabulate

QUANTIZER = QuantizerHandler(
    quantize_weights=Absent("it is an activation"),
    lower_activation=tabulate,
    float_activation="linear",
    examples=({"bits": 4},),
)
