"""ArgMax: a tree of comparisons that carries the position along; the first of equals wins."""

from __future__ import annotations

from edgeml.backends.verilog.cells import Circuit, Num, Nums, as_array
from edgeml.backends.verilog.ops._site import OpInputs


def emit(at: OpInputs) -> Nums:
    """The position of the largest element along the last axis."""
    (source,) = at.x
    rows = source.reshape(-1, source.shape[-1])
    return as_array([_position(at.circuit, list(row)) for row in rows], source.shape[:-1])


def _position(circuit: Circuit, row: list[Num]) -> Num:
    level = [(num, circuit.const(position, 0)) for position, num in enumerate(row)]
    while len(level) > 1:
        pairs = [_better(circuit, level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) & ~1 :]
    return level[0][1]


def _better(circuit: Circuit, first: tuple[Num, Num], second: tuple[Num, Num]) -> tuple[Num, Num]:
    later = circuit.greater(second[0], first[0])
    return circuit.larger(first[0], second[0]), circuit.mux(later, second[1], first[1])
