"""Transpose: wires only."""

from __future__ import annotations

from edgeml.backends.verilog.cells import Nums
from edgeml.backends.verilog.ops._site import OpInputs
from edgeml.ir.ops.transpose import Transpose


def emit(at: OpInputs) -> Nums:
    """The axes in another order."""
    op = at.node.as_op(Transpose)
    return at.x[0].transpose(op.order)
