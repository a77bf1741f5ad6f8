"""Shared by max and sum pooling: a tree over every window."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from edgeml.backends.verilog.cells import Num, Nums, as_array
from edgeml.backends.verilog.ops._site import OpInputs
from edgeml.backends.verilog.ops._window import window_elements
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.sum_pool import SumPool


def pooled(at: OpInputs, tree: Callable[[list[Num]], Num], padding_counts: bool) -> Nums:
    """`tree` of every window; padding is left out, or zero if it counts."""
    op, x, circuit = at.node.op, at.x[0], at.circuit
    assert isinstance(op, MaxPool | SumPool)
    nothing = Num(circuit.const(0, 0).cell, 0)
    taps = window_elements(x, nothing, op.padding, op.pool, op.strides, (1,) * len(op.pool))
    inside = window_elements(
        as_array([circuit.const(1, 0)] * x.size, x.shape),
        nothing,
        op.padding,
        op.pool,
        op.strides,
        (1,) * len(op.pool),
    )
    size = int(np.prod(op.pool, dtype=np.int64))
    channels = x.shape[-1]
    rows = np.moveaxis(taps, -1, len(op.pool)).reshape(-1, size)
    windows = np.moveaxis(inside, -1, len(op.pool)).reshape(-1, size)
    results = [
        tree([num for num, mark in zip(row, marks, strict=True) if padding_counts or mark.cell.lo])
        for row, marks in zip(rows, windows, strict=True)
    ]
    return as_array(results, (*taps.shape[: len(op.pool)], channels))
