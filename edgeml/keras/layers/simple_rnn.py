"""SimpleRNN: refused for its unquantized kernel, with the remedy; the same code as QSimpleRNN."""

from __future__ import annotations

from edgeml.keras.layers._recurrent_float import float_recurrent, recurrent_example, recurrent_node
from edgeml.keras.layers.q_simple_rnn import lower

LAYER = float_recurrent(
    lower,
    recurrent_node("RNN", (0,), ("activation",)),
    recurrent_example("use QSimpleRNN("),
    recurrent_example("use QSimpleRNN(", return_sequences=True, go_backwards=True, use_bias=False),
)
