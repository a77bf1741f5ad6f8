"""The definitions of UG1399 in plain Python integers and fractions; what `edgeml.fixed` is compared with.

Nothing here knows NumPy or a limit on widths, and no line is shared with the code under test.
"""

from __future__ import annotations

import math
from fractions import Fraction

from edgeml.fixed import FixedType, Overflow, Round


def value(code: int, frac: int) -> Fraction:
    """code * 2^-frac."""
    return Fraction(code) / Fraction(2) ** frac


def rounded(x: Fraction, mode: Round) -> int:
    """x as a whole number."""
    below, above = math.floor(x), math.ceil(x)
    if mode is Round.TRN:
        return below
    if mode is Round.TRN_ZERO:
        return math.trunc(x)
    if x - below != above - x:
        return below if x - below < above - x else above
    if below == above:
        return below
    nearer_zero, farther = (below, above) if x > 0 else (above, below)
    ties = {
        Round.RND: above,
        Round.RND_MIN_INF: below,
        Round.RND_ZERO: nearer_zero,
        Round.RND_INF: farther,
        Round.RND_CONV: below if below % 2 == 0 else above,
    }
    return ties[mode]


def fitted(code: int, to: FixedType, mode: Overflow) -> int:
    """A whole number of any size as a code of `to`."""
    low = -(2 ** (to.width - 1)) if to.signed else 0
    high = 2 ** (to.width - 1) - 1 if to.signed else 2**to.width - 1
    if mode is Overflow.WRAP:
        bits = code % 2**to.width
        return bits - 2**to.width if bits > high else bits
    if mode is Overflow.SAT_SYM and to.signed:
        low = -high if to.width > 1 else -1  # the header's answer for one signed bit
    if low <= code <= high:
        return code
    if mode is Overflow.SAT_ZERO:
        return 0
    return low if code < low else high


def cast(x: Fraction, to: FixedType, rounding: Round, overflow: Overflow) -> int:
    """The code of `to` that x becomes."""
    return fitted(rounded(x * Fraction(2) ** to.frac, rounding), to, overflow)
