"""LSTM: refused for its unquantized kernel, with the remedy; the same code as QLSTM."""

from __future__ import annotations

from edgeml.keras.layers._recurrent_float import float_recurrent, recurrent_example, recurrent_node
from edgeml.keras.layers.qlstm import lower

LAYER = float_recurrent(
    lower,
    recurrent_node("LSTM", (0, 3, 1, 2), ("recurrent_activation", "activation", "activation")),
    recurrent_example("use QLSTM("),
    recurrent_example("use QLSTM(", return_sequences=True, go_backwards=True, use_bias=False),
)
