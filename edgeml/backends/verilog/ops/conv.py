"""Conv: one adder graph per group, used at every position; padding is zero and drops out of the sums."""

from __future__ import annotations

import numpy as np

from edgeml.backends.verilog.cells import Num, Nums, as_array
from edgeml.backends.verilog.linear import over_rows
from edgeml.backends.verilog.ops._site import OpInputs
from edgeml.backends.verilog.ops._values import aligned_weights
from edgeml.backends.verilog.ops._window import window_elements
from edgeml.ir.ops.conv import Conv


def emit(at: OpInputs) -> Nums:
    """The filters at every position; x[1] is constant."""
    op, weights, result = at.node.op, at.graph.info(at.node.inputs[1]), at.graph.info(at.node.name)
    assert isinstance(op, Conv)
    matrix = aligned_weights(weights.lo, weights)
    rank = matrix.ndim - 2
    taps = window_elements(
        at.x[0], at.circuit.const(0, 0), op.padding, matrix.shape[:rank], op.strides, op.dilation
    )  # (*positions, *kernel, channels)
    positions = taps.shape[:rank]
    per_group = matrix.shape[-1] // op.groups
    columns: list[list[list[Num]]] = []
    for group in range(op.groups):
        channels = slice(group * matrix.shape[-2], (group + 1) * matrix.shape[-2])
        rows = taps[..., channels].reshape(int(np.prod(positions, dtype=np.int64)), -1)
        part = matrix[..., group * per_group : (group + 1) * per_group].reshape(-1, per_group)
        columns.append(over_rows(at.circuit, [list(row) for row in rows], part, weights.frac))
    flat = [num for parts in zip(*columns, strict=True) for row in parts for num in row]
    return as_array(flat, result.shape)
