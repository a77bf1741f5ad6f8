"""Cast as cells: rounding first, overflow second, each exact and each only where the interval needs it."""

from __future__ import annotations

from edgeml.backends.verilog.cells import Circuit, Num
from edgeml.fixed import FixedType, Overflow, Round, symmetric_lo


def cast(circuit: Circuit, x: Num, to: FixedType, rounding: Round, overflow: Overflow) -> Num:
    """x as a value of type `to`."""
    drop = x.frac - to.frac
    if drop > 0:
        x = circuit.round(x, drop, rounding)
    if x.cell.is_const:
        x = Num(circuit.shift(x, to.frac - x.frac).cell, to.frac)
    finer = to.frac - x.frac
    if (
        to.lo <= x.cell.lo << finer
        and x.cell.hi << finer <= to.hi
        and not _loses_least(x, finer, to, overflow)
    ):
        return x
    match overflow:
        case Overflow.WRAP:
            low = to.width - finer
            return circuit.wrap(x, low, to.signed) if low > 0 else circuit.const(0, 0)
        case Overflow.SAT:
            return circuit.clip(circuit.shift(x, finer), to.lo, to.hi)
        case Overflow.SAT_ZERO:
            return circuit.zero_outside(circuit.shift(x, finer), to.lo, to.hi)
        case Overflow.SAT_SYM:
            return circuit.clip(circuit.shift(x, finer), int(symmetric_lo(to)), to.hi)


def _loses_least(x: Num, finer: int, to: FixedType, overflow: Overflow) -> bool:
    """True if SAT_SYM changes the smallest code of a type that otherwise holds all of x."""
    return overflow is Overflow.SAT_SYM and x.cell.lo << finer < int(symmetric_lo(to))
