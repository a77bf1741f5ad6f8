"""Lookup: a table as a function with one case per code."""

from __future__ import annotations

from edgeml.backends.verilog.cells import Num, Nums, each
from edgeml.backends.verilog.ops._site import OpInputs


def emit(at: OpInputs) -> Nums:
    """The entries; x[1] is constant."""
    index, table = at.graph.info(at.node.inputs[0]).scalar, at.graph.info(at.node.inputs[1])
    entries = tuple(int(code) for code in table.lo)

    def entry(num: Num) -> Num:
        code = at.circuit.shift(num, index.frac - num.frac)
        return at.circuit.rom(code, index.width, index.lo, entries, table.frac)

    return each(entry, at.x[0])
