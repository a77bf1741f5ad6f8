"""A cast as C expressions: rounding first, overflow second, each exact and only where the range needs it.

Rounding is a sum and an arithmetic shift to the right, which model.c asserts at compile time. A shift to the
left is a product, done after the bounds were compared, so that it never overflows. What wraps does so in
unsigned arithmetic.

Invariant: for every x in its range no signed number of the expressions overflows, no shift is as wide as its
type, and the result is `edgeml.fixed.cast`'s.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from edgeml.backends.c.integers import INT32, INT64, CType, computing
from edgeml.backends.c.scalar import Scalar, constant, literal
from edgeml.fixed import FixedType, IntArray, Overflow, Round, symmetric_lo
from edgeml.fixed.rounding import shift_right

Helper = Callable[[Round], str]
"""A function that gives the name of the C function (int64_t, int32_t) of a rounding."""


def rounded(x: Scalar, drop: int, rounding: Round, helper: Helper) -> Scalar:
    """x / 2^drop, rounded.

    Args:
        x: a name or a constant.
        drop: at least 0.
        rounding: the mode.
        helper: gives the function that rounds what no sum can round.
    """
    if drop == 0:
        return x
    lo, hi = (_rounded(end, drop, rounding) for end in (x.lo, x.hi))
    if lo == hi:
        return constant(lo)
    if max(abs(x.lo), abs(x.hi)) < 1 << (drop - 1):  # at most half an LSB: only the sign matters
        return Scalar(f"({x.text} < 0 ? -1 : 0)", lo, hi)  # TRN; the other modes round all of it to 0
    half = 1 << (drop - 1)
    if x.hi + half > INT64.hi or x.lo - half < INT64.lo:
        return Scalar(f"{helper(rounding)}({x.within(INT64)}, {drop})", lo, hi, INT64)
    # One half more than the ends, and an end of int64_t needs no more: `drop` is at most 62 here.
    kind = computing(x.lo - half, x.hi + half, 2 * half - 1)
    text = x.within(kind)
    return Scalar(f"(({text}{_summand(x, drop, rounding, text)}) >> {drop})", lo, hi, kind)


def evenly_rounded(x: Scalar, drop: Scalar, drops: IntArray) -> Scalar | None:
    """x / 2^drop, half to even, where every element drops bits of its own; None where 32 bits are too few.

    Args:
        x: a name or a constant.
        drop: a name, the element's.
        drops: of all elements.
    """
    half = 1 << max(int(drops.max()) - 1, 0)
    if drops.min() < 1 or x.lo - half < INT32.lo or max(x.hi + half, 2 * half) > INT32.hi:
        return None
    ends = [_rounded(end, int(one), Round.RND_CONV) for one in np.unique(drops) for end in (x.lo, x.hi)]
    text = x.within(INT32)
    summand = f"((int32_t)1 << ({drop.text} - 1)) - 1 + (({text} >> {drop.text}) & 1)"
    return Scalar(f"(({text} + {summand}) >> {drop.text})", min(ends), max(ends))


def _summand(x: Scalar, drop: int, rounding: Round, text: str) -> str:
    """The part that is added before the shift, " + 2" for example."""
    half = 1 << (drop - 1)
    negative, positive = x.hi < 0, x.lo >= 0
    match rounding:
        case Round.TRN:
            return ""
        case Round.TRN_ZERO:
            if positive:
                return ""
            return _plus(2 * half - 1) if negative else f" + ({text} < 0 ? {2 * half - 1} : 0)"
        case Round.RND:
            return _plus(half)
        case Round.RND_MIN_INF:
            return _plus(half - 1)
        case Round.RND_ZERO:
            if negative or positive:
                return _plus(half - positive)
            return f"{_plus(half)} - ({text} >= 0)"
        case Round.RND_INF:
            if negative or positive:
                return _plus(half - negative)
            return f"{_plus(half)} - ({text} < 0)"
        case Round.RND_CONV:
            return f"{_plus(half - 1)} + (({text} >> {drop}) & 1)"


def _plus(value: int) -> str:
    return f" + {value}" if value else ""


def _rounded(code: int, drop: int, rounding: Round) -> int:
    return int(shift_right(np.asarray(code, np.int64), drop, rounding))


def fitted(x: Scalar, grow: int, to: FixedType, overflow: Overflow) -> Scalar:
    """x * 2^grow within the range of `to`.

    Args:
        x: a name or a constant.
        grow: at least 0.
        to: the type.
        overflow: the mode.
    """
    least = int(symmetric_lo(to)) if overflow is Overflow.SAT_SYM else to.lo
    below, above = x.lo << grow < least, x.hi << grow > to.hi
    if not below and not above:
        return x.raised(grow)
    match overflow:
        case Overflow.SAT | Overflow.SAT_SYM:
            return _clipped(x, grow, least, to.hi, below, above)
        case Overflow.SAT_ZERO:
            low, high = -(-to.lo >> grow), to.hi >> grow
            if low == high == 0:
                return constant(0)
            tests = [f"{x.text} < {literal(low)}"] * below + [f"{x.text} > {literal(high)}"] * above
            inner = _restricted(x, low, high).raised(grow)
            lo, hi = min(inner.lo, 0), max(inner.hi, 0)
            return Scalar(f"({' || '.join(tests)} ? 0 : {inner.text})", lo, hi, inner.kind)
        case Overflow.WRAP:
            return _wrapped(x, grow, to)


def _clipped(x: Scalar, grow: int, least: int, most: int, below: bool, above: bool) -> Scalar:
    low, high = -(-least >> grow), most >> grow
    if x.lo > high:
        return constant(most)
    if x.hi < low:
        return constant(least)
    inner = _restricted(x, low, high)
    result = inner.raised(grow)
    lo = least if below else result.lo
    hi = most if above else result.hi
    kind = computing(lo, hi, result.kind.hi)
    text = result.within(kind)
    if above:
        text = f"{x.text} > {literal(high)} ? {literal(most)} : {text}"
    if below:
        text = f"{x.text} < {literal(low)} ? {literal(least)} : {text}"
    return Scalar(f"({text})", lo, hi, kind)


def _restricted(x: Scalar, low: int, high: int) -> Scalar:
    """x where it lies between two bounds, at least one of which it reaches."""
    lo, hi = max(x.lo, low), min(x.hi, high)
    kind = computing(lo, hi)
    return Scalar(x.text if kind == x.kind else f"({kind.name}){x.text}", lo, hi, kind)


def _wrapped(x: Scalar, grow: int, to: FixedType) -> Scalar:
    if grow >= to.width:
        return constant(0)
    kind = computing((1 << to.width) - 1, x.lo, x.hi)
    unsigned = CType(kind.bits, False).name
    raised = f"({unsigned})({x.within(kind)})"
    low = f"{raised} << {grow}" if grow else raised
    bits = f"({low}) & {(1 << to.width) - 1}u{'l' * 2 * (kind == INT64)}"
    if not to.signed:
        return Scalar(f"(({kind.name})({bits}))", 0, to.hi, kind)
    sign = 1 << (to.width - 1)
    return Scalar(f"((({kind.name})({bits}) ^ {sign}) - {sign})", to.lo, to.hi, kind)
