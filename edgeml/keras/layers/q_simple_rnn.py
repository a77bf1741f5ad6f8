"""QSimpleRNN: activation(x @ kernel + bias + state @ recurrent kernel) at every step."""

from __future__ import annotations

from typing import Any

from edgeml.keras.layers._recurrent import CellKind, Recurrence, unrolled
from edgeml.keras.layers._recurrent_float import recurrent_example, recurrent_layer
from edgeml.keras.quantizers import QuantizedWeights


def prepare(run: Recurrence) -> QuantizedWeights:
    """The recurrent kernel."""
    return run.weights("recurrent_kernel")


def step(
    run: Recurrence, row: str, states: tuple[str | None, ...], kernel: QuantizedWeights
) -> tuple[str, ...]:
    """One product and one activation."""
    before = run.multiplied(states[0], kernel, "state_")
    return (run.activated(run.plus(row, before, "sum"), "activation"),)


def bounded(cell: Any) -> bool:
    """True if the activation is a quantizer: the state is its result."""
    return type(cell.activation).__module__.startswith("qkeras")


lower = unrolled(CellKind((0,), 1, bounded, prepare, step))

LAYER = recurrent_layer(
    "SimpleRNN",
    lower,
    recurrent_example(activation="quantized_tanh(6)"),
    recurrent_example(
        activation="quantized_tanh(8, use_real_tanh=True)", return_sequences=True, go_backwards=True
    ),
    recurrent_example(activation="quantized_relu(6, 2)", use_bias=False),
)
