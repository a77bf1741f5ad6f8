"""The pipeline schedule: the clock cycle in which each cell is computed.

Delays are counted in adder levels, a coarse model that is the same for every target: what a stage may hold
follows from the clock (`Options.levels`). All elements that leave a layer leave it in the same cycle, so a
layer has one latency.

Invariant: no path within a stage is longer than `levels`, but for a single cell that is longer by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgeml.backends.verilog.cells import Cell, elements
from edgeml.backends.verilog.design import Design

LEVELS: Mapping[str, float] = {
    "input": 0.0,
    "shift": 0.0,
    "floor": 0.0,
    "wrap": 0.0,
    "add": 1.0,
    "sub": 1.0,
    "neg": 1.0,
    "round": 1.0,
    "greater": 1.0,
    "max": 1.5,
    "min": 1.5,
    "mux": 0.5,
    "clip": 0.5,
    "zero_outside": 0.5,
    "rom": 1.5,
    "mul": 3.0,
}


@dataclass(frozen=True)
class Schedule:
    """Stages, counted in clock cycles from the one in which the inputs are there.

    Args:
        stage: of the result of every cell, by id.
        enters: the stage in which a layer reads its inputs, by index.
        leaves: the stage in which its exports are all there.
        last: the stage in which all outputs are there.
    """

    stage: Mapping[int, int]
    enters: tuple[int, ...]
    leaves: tuple[int, ...]
    last: int


def schedule(design: Design, levels: float) -> Schedule:
    """As soon as possible, with at most `levels` adder levels per stage."""
    stage: dict[int, int] = {}
    time: dict[int, float] = {}
    enters: list[int] = []
    leaves: list[int] = []
    for layer in design.layers:
        start = max((leaves[index] for index in layer.sources), default=0)
        enters.append(start)
        for cell in layer.cells:
            stage[id(cell)], time[id(cell)] = _placed(cell, start, leaves, stage, time, levels)
        end = max((stage[id(cell)] for cell in layer.exports), default=start)
        leaves.append(end)
        for cell in layer.exports:
            if stage[id(cell)] < end:
                time[id(cell)] = (
                    0.0  # the cell waits in a register, which delays its readers within the layer only
                )
    outside = [
        num.cell.layer for nums in design.outputs.values() for num in elements(nums) if not num.cell.is_const
    ]
    return Schedule(stage, tuple(enters), tuple(leaves), max((leaves[i] for i in outside), default=0))


def _placed(
    cell: Cell,
    start: int,
    leaves: list[int],
    stage: Mapping[int, int],
    time: Mapping[int, float],
    levels: float,
) -> tuple[int, float]:
    ready = [(start, 0.0)]
    for arg in cell.args:
        if arg.is_const:
            continue
        if arg.layer == cell.layer:
            ready.append((stage[id(arg)], time[id(arg)]))
        elif leaves[arg.layer] == start:
            ready.append((start, time[id(arg)]))
    at, used = max(ready)
    delay = 0.0 if cell.joins else LEVELS[cell.kind]
    if used and used + delay > levels:
        at, used = at + 1, 0.0
    return at, used + delay
