"""Reshape: wires only."""

from __future__ import annotations

from edgeml.backends.verilog.cells import Nums
from edgeml.backends.verilog.ops._site import OpInputs
from edgeml.ir.ops.reshape import Reshape


def emit(at: OpInputs) -> Nums:
    """The same elements in another shape."""
    op = at.node.as_op(Reshape)
    return at.x[0].reshape(op.shape)
