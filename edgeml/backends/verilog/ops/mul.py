"""Mul: a multiplier per element, or shifts and additions if one factor is constant."""

from __future__ import annotations

from edgeml.backends.verilog.cells import Nums, each
from edgeml.backends.verilog.ops._site import OpInputs


def emit(at: OpInputs) -> Nums:
    """The products."""
    return each(at.circuit.mul, *at.x)
