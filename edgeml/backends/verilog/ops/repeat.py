"""Repeat: wires only."""

from __future__ import annotations

import numpy as np

from edgeml.backends.verilog.cells import Nums
from edgeml.backends.verilog.ops._site import OpInputs
from edgeml.ir.ops.repeat import Repeat


def emit(at: OpInputs) -> Nums:
    """Every element several times."""
    op = at.node.as_op(Repeat)
    return np.repeat(at.x[0], op.times, axis=op.axis)
