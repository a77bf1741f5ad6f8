"""QLSTM: input, forget and output gate, and a cell state beside the output.

    i, f, o = recurrent_activation(x @ K + b + h @ R)       h and c as the state quantizer gives them
    c = f * c + i * activation(x @ K + b + h @ R)
    h = o * activation(c)

Keras' kernel has the blocks i, f, c, o.
"""

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
    """The new output and the new cell state."""
    before, carry = states
    total = run.plus(row, run.multiplied(before, kernel, "state_"), "sum")
    gates = run.activated(run.blocks(total, 0, 3, "gates"), "recurrent_activation")
    candidate = run.activated(run.blocks(total, 3, 4, "candidate"), "activation")
    enter, forget, leave = (
        run.blocks(gates, place, place + 1, name) for place, name in enumerate(("enter", "forget", "leave"))
    )
    carry = run.plus(run.times(forget, carry, "remembered"), run.times(enter, candidate, "entered"), "carry")
    output = run.times(leave, run.activated(carry, "activation"), "output")
    assert output is not None and carry is not None
    return output, carry


def unbounded(cell: Any) -> bool:
    """False: products of gates and states have the bits of both."""
    return False


lower = unrolled(CellKind((0, 1, 3, 2), 2, unbounded, prepare, step))

_GATES = {
    "activation": "quantized_tanh(7, use_real_tanh=True)",
    "recurrent_activation": "quantized_sigmoid(6, use_real_sigmoid=True)",
    "state_quantizer": "quantized_bits(7, 2, alpha=1.0)",
}

LAYER = recurrent_layer(
    "LSTM",
    lower,
    recurrent_example(**_GATES),
    recurrent_example(**_GATES, return_sequences=True, go_backwards=True, use_bias=False),
    recurrent_example(
        activation="quantized_tanh(6, use_real_tanh=True)",
        recurrent_activation="quantized_sigmoid(5, use_real_sigmoid=True)",
        state_quantizer="quantized_bits(6, 1, alpha=1.0)",
        implementation=2,
    ),
)
