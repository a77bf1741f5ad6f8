"""Add: one adder per element; a constant and a negated operand fold into it."""

from __future__ import annotations

from edgeml.backends.verilog.cells import Nums, each
from edgeml.backends.verilog.ops._site import OpInputs


def emit(at: OpInputs) -> Nums:
    """The sums."""
    return each(at.circuit.add, *at.x)
