"""GRU: refused for its unquantized kernel, with the remedy; the same code as QGRU."""

from __future__ import annotations

from edgeml.keras.layers._recurrent_float import float_recurrent, recurrent_example, recurrent_node
from edgeml.keras.layers.qgru import lower

LAYER = float_recurrent(
    lower,
    recurrent_node("GRU", (0, 1, 2), ("recurrent_activation", "activation")),
    recurrent_example("use QGRU("),
    recurrent_example("use QGRU(", return_sequences=True, go_backwards=True, use_bias=False),
    recurrent_example("use QGRU(", reset_after=False, recurrent_activation="hard_sigmoid"),
)
