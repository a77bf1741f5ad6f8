"""SimpleRNN: refused for its unquantized kernel, with the remedy; the same code as QSimpleRNN."""

from __future__ import annotations

from edgeml.keras.layers._recurrent_float import float_recurrent, recurrent_example, recurrent_node
from edgeml.keras.layers._recurrent_steps import FloatSteps
from edgeml.keras.layers.q_simple_rnn import lower


def step(run: FloatSteps, row: str, states: tuple[str | None, ...]) -> tuple[str, ...]:
    """One step in float: h = activation(x @ K + h @ R + b)."""
    return (run.active("activation", run.gates(0, 1, row, states[0])),)


LAYER = float_recurrent(
    lower,
    recurrent_node("RNN", (0,), ("activation",), step),
    recurrent_example("use QSimpleRNN("),
    recurrent_example("use QSimpleRNN(", return_sequences=True, go_backwards=True, use_bias=False),
)
