"""GRU: refused for its unquantized kernel, with the remedy; the same code as QGRU."""

from __future__ import annotations

import numpy as np

from edgeml.keras.layers._recurrent_float import float_recurrent, recurrent_example, recurrent_node
from edgeml.keras.layers._recurrent_steps import FloatSteps
from edgeml.keras.layers.qgru import lower


def step(run: FloatSteps, row: str, states: tuple[str | None, ...]) -> tuple[str, ...]:
    """One step in float: h = n + z * (h - n); Keras' kernel has the gates update, reset, candidate."""
    before = states[0]
    with run.build.within("gates"):
        gates = run.active("recurrent_activation", run.gates(0, 2, row, before, None))
    update, reset = run.gate(gates, 0), run.gate(gates, 1)
    with run.build.within("candidate"):
        if run.layer.reset_after:
            total = _candidate_after_reset(run, row, before, reset)
        else:
            total = run.gates(2, 3, row, run.times(reset, before))
        candidate = run.active("activation", total)
    if before is None:
        return (run.build.add("Sub", [candidate, run.build.add("Mul", [update, candidate])]),)
    change = run.times(update, run.build.add("Sub", [before, candidate]))
    return (run.plus(change, candidate),)


def _candidate_after_reset(run: FloatSteps, row: str, before: str | None, reset: str) -> str:
    """x @ K + b + r * (h @ R + b')."""
    fresh = run.gates(2, 3, row, None)
    if before is not None:
        with run.build.within("past"):
            past: str | None = run.gates(2, 3, None, before, 1)
    elif run.layer.use_bias:
        units = int(run.layer.units)
        past = run.build.const(np.asarray(run.layer.cell.bias)[1, 2 * units :])
    else:
        past = None
    return run.plus(run.times(reset, past), fresh)


LAYER = float_recurrent(
    lower,
    recurrent_node("GRU", (0, 1, 2), ("recurrent_activation", "activation"), step),
    recurrent_example("use QGRU("),
    recurrent_example("use QGRU(", return_sequences=True, go_backwards=True, use_bias=False),
    recurrent_example("use QGRU(", reset_after=False, recurrent_activation="hard_sigmoid"),
)
