"""SumPool: a balanced adder tree per window."""

from __future__ import annotations

from edgeml.backends.verilog.cells import Nums
from edgeml.backends.verilog.ops._pool import pooled
from edgeml.backends.verilog.ops._site import OpInputs


def emit(at: OpInputs) -> Nums:
    """The sum of every window."""
    return pooled(at, at.circuit.sum, padding_counts=True)
