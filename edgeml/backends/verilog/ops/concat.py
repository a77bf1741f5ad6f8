"""Concat: wires only."""

from __future__ import annotations

import numpy as np

from edgeml.backends.verilog.cells import Nums
from edgeml.backends.verilog.ops._site import OpInputs
from edgeml.ir.ops.concat import Concat


def emit(at: OpInputs) -> Nums:
    """The inputs side by side."""
    op = at.node.as_op(Concat)
    return np.concatenate(at.x, axis=op.axis)
