"""MatMul: one adder graph, used for every row of x."""

from __future__ import annotations

import numpy as np

from edgeml.backends.verilog.cells import Nums, as_array
from edgeml.backends.verilog.linear import over_rows
from edgeml.backends.verilog.ops._site import OpInputs
from edgeml.backends.verilog.ops._values import aligned_weights


def emit(at: OpInputs) -> Nums:
    """The products; x[1] is constant."""
    source, weights = at.x[0], at.graph.info(at.node.inputs[1])
    matrix = aligned_weights(weights.lo, weights)
    rows = source.reshape(-1, source.shape[-1])
    results = over_rows(at.circuit, [list(row) for row in rows], np.asarray(matrix), weights.frac)
    return as_array([num for row in results for num in row], (*source.shape[:-1], matrix.shape[1]))
