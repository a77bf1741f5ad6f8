"""LSTM: refused for its unquantized kernel, with the remedy; the same code as QLSTM."""

from __future__ import annotations

from edgeml.keras.layers._recurrent_float import float_recurrent, recurrent_example, recurrent_node
from edgeml.keras.layers._recurrent_steps import FloatSteps
from edgeml.keras.layers.qlstm import lower


def step(run: FloatSteps, row: str, states: tuple[str | None, ...]) -> tuple[str, ...]:
    """One step in float; Keras' kernel has the gates input, forget, candidate, output."""
    before, cell = states
    with run.build.within("gates"):
        gates = run.active("recurrent_activation", run.gates(0, 2, row, before))
    with run.build.within("output"):
        output = run.active("recurrent_activation", run.gates(3, 4, row, before))
    with run.build.within("candidate"):
        candidate = run.active("activation", run.gates(2, 3, row, before))
    fresh = run.times(run.gate(gates, 0), candidate)
    assert fresh is not None
    remembered = run.times(run.gate(gates, 1), cell)
    cell = run.plus(remembered, fresh)
    state = run.times(output, run.active("activation", cell))
    assert state is not None
    return state, cell


LAYER = float_recurrent(
    lower,
    recurrent_node("LSTM", (0, 3, 1, 2), ("recurrent_activation", "activation", "activation"), step),
    recurrent_example("use QLSTM("),
    recurrent_example("use QLSTM(", return_sequences=True, go_backwards=True, use_bias=False),
)
