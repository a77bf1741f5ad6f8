"""Min: a comparison and a choice per element."""

from __future__ import annotations

from edgeml.backends.verilog.cells import Nums, each
from edgeml.backends.verilog.ops._site import OpInputs


def emit(at: OpInputs) -> Nums:
    """The smaller of each pair."""
    return each(at.circuit.smaller, *at.x)
