"""QGRU: update and reset gate, one state.

    z, r = recurrent_activation(x @ K + b + h @ R)          h as the state quantizer gives it
    n = activation(x @ K + b + (r * h) @ R)                 reset_after=False
    n = activation(x @ K + b + r * (h @ R + b'))            reset_after=True; b' is added for z and r as well
    h = z * h + (1 - z) * n

Keras' kernel has the blocks z, r, n.
"""

from __future__ import annotations

from dataclasses import dataclass

from edgeml.fixed import FixedType, cover
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.mul import Mul
from edgeml.keras.layers._recurrent import CellKind, Recurrence, state_bias, unrolled
from edgeml.keras.layers._recurrent_float import recurrent_example, recurrent_layer
from edgeml.keras.layers.qlstm import unbounded
from edgeml.keras.quantizers import QuantizedWeights


@dataclass(frozen=True)
class GruConstants:
    """The recurrent kernel, whole under reset_after, else in two parts; and the bias of its product."""

    kernel: QuantizedWeights
    candidate: QuantizedWeights | None
    bias: str | None


def prepare(run: Recurrence) -> GruConstants:
    """The recurrent kernel and bias."""
    if run.layer.cell.reset_after:
        return GruConstants(run.weights("recurrent_kernel"), None, state_bias(run))
    gates, candidate = (run.weights("recurrent_kernel", part) for part in (slice(0, 2), slice(2, 3)))
    return GruConstants(gates, candidate, None)


def step(
    run: Recurrence, row: str, states: tuple[str | None, ...], constants: GruConstants
) -> tuple[str, ...]:
    """The new state."""
    (before,) = states
    inner = run.plus(run.multiplied(before, constants.kernel, "state_"), constants.bias, "state_add")
    fresh = run.blocks(row, 0, 2, "input_gates")
    total = run.plus(fresh, run.blocks(inner, 0, 2, "state_gates"), "sum")
    gates = run.activated(total, "recurrent_activation")
    update, reset = (
        run.blocks(gates, place, place + 1, name) for place, name in enumerate(("update", "reset"))
    )
    if constants.candidate is None:
        past = run.times(reset, run.blocks(inner, 2, 3, "state_candidate"), "reset_state")
    else:
        past = run.multiplied(run.times(reset, before, "reset_state"), constants.candidate, "candidate_")
    candidate = run.activated(
        run.plus(run.blocks(row, 2, 3, "input_candidate"), past, "candidate_sum"), "activation"
    )
    new = run.times(_rest(run, update), candidate, "renewed")
    output = run.plus(run.times(update, before, "remembered"), new, "output")
    assert output is not None
    return (output,)


def _rest(run: Recurrence, gate: str | None) -> str:
    """1 - gate."""
    assert gate is not None
    minus = run.builder.const(-1, FixedType(True, 1, 0), "minus")
    one = run.builder.const(1, cover(0, 1, 0), "one")
    return run.builder.add(Add(), run.builder.add(Mul(), gate, minus, part="negative"), one, part="rest")


lower = unrolled(CellKind((0, 1, 2), 1, unbounded, prepare, step))

_GATES = {
    "activation": "quantized_tanh(6, use_real_tanh=True)",
    "recurrent_activation": "quantized_sigmoid(6, use_real_sigmoid=True)",
    "state_quantizer": "quantized_bits(6, 1, alpha=1.0)",
}

LAYER = recurrent_layer(
    "GRU",
    lower,
    recurrent_example(**_GATES, reset_after=False),
    recurrent_example(**_GATES, reset_after=True, return_sequences=True, go_backwards=True),
    recurrent_example(**_GATES, reset_after=True, use_bias=False, implementation=2),
)
