"""Slice: wires only."""

from __future__ import annotations

from edgeml.backends.verilog.cells import Nums
from edgeml.backends.verilog.ops._site import OpInputs
from edgeml.ir.ops.slice import Slice


def emit(at: OpInputs) -> Nums:
    """A part of the elements."""
    op = at.node.as_op(Slice)
    return at.x[0][..., *map(slice, op.starts, op.stops, op.steps)]  # of a scalar too, an array
