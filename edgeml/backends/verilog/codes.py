"""Facts about single codes, in Python integers of any size."""

from __future__ import annotations

import numpy as np

from edgeml.fixed import Round
from edgeml.fixed.rounding import shift_right


def width_of(lo: int, hi: int) -> int:
    """Bits for the codes from lo to hi, two's complement if lo is negative."""
    if lo >= 0:
        return max(1, hi.bit_length())
    return max((-lo - 1).bit_length(), max(hi, 0).bit_length()) + 1


def rounded(code: int, drop: int, mode: Round) -> int:
    """One code with `drop` bits fewer, rounded as `fixed` does it."""
    if (
        abs(code) >= 1 << 62
    ):  # Beyond int64 the high bits are set apart, and the low ones, which decide the rounding, are rounded.
        cut = max(0, drop - 2)
        sticky = int(code & ((1 << cut) - 1) != 0)
        code, drop = (code >> cut) | sticky, drop - cut
    return int(shift_right(np.asarray(code, np.int64), drop, mode))


def signed_digits(code: int) -> list[tuple[int, int]]:
    """Places and digits (+1 or -1) of the non-adjacent form, lowest first.

    >>> signed_digits(7), signed_digits(-6)
    ([(0, -1), (3, 1)], [(1, 1), (3, -1)])
    """
    digits: list[tuple[int, int]] = []
    place = 0
    while code:
        if code & 1:
            digit = 2 - (code & 3)
            digits.append((place, digit))
            code -= digit
        code >>= 1
        place += 1
    return digits
