"""Pad: constant zeros around the wires."""

from __future__ import annotations

import numpy as np

from edgeml.backends.verilog.cells import Nums, as_array
from edgeml.backends.verilog.ops._site import OpInputs
from edgeml.ir.ops.pad import Pad


def emit(at: OpInputs) -> Nums:
    """The elements with zeros around them."""
    op = at.node.as_op(Pad)
    flat = list(at.x[0].reshape(-1))
    indices = np.arange(at.x[0].size).reshape(1, *at.x[0].shape)  # an axis in front: a scalar has none to pad
    indices = np.pad(indices, ((0, 0), *op.padding), constant_values=-1)[0]
    zero = at.circuit.const(0, 0)
    return as_array([zero if i < 0 else flat[i] for i in indices.reshape(-1)], indices.shape)
