"""Relu: the sign bit clears the others."""

from __future__ import annotations

from edgeml.backends.verilog.cells import Num, Nums, each
from edgeml.backends.verilog.ops._site import OpInputs


def emit(at: OpInputs) -> Nums:
    """Negative elements become zero."""

    def positive(num: Num) -> Num:
        return at.circuit.clip(num, 0, max(num.cell.hi, 0))

    return each(positive, at.x[0])
