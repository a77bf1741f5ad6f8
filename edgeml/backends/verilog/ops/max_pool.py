"""MaxPool: a tree of comparisons per window."""

from __future__ import annotations

from functools import reduce

from edgeml.backends.verilog.cells import Nums
from edgeml.backends.verilog.ops._pool import pooled
from edgeml.backends.verilog.ops._site import OpInputs


def emit(at: OpInputs) -> Nums:
    """The largest element of every window; padding never wins."""
    return pooled(at, lambda nums: reduce(at.circuit.larger, nums), padding_counts=False)
