"""Integer types of C99 and the ranges that they hold.

Arithmetic is done in int32_t or int64_t, never in a type that C would promote; arrays have the narrowest of
eight types that holds the proven range.

Invariant: a type that is returned holds every code of the range it was asked for.
"""

from __future__ import annotations

from typing import NamedTuple

from edgeml.errors import EdgemlError


class CType(NamedTuple):
    """An exact-width integer type of stdint.h.

    Args:
        bits: 8, 16, 32 or 64.
        signed: two's complement.
    """

    bits: int
    signed: bool

    @property
    def name(self) -> str:
        """As C writes it: "uint8_t"."""
        return f"{'' if self.signed else 'u'}int{self.bits}_t"

    @property
    def tag(self) -> str:
        """A short name, for names of functions and of members: "u8"."""
        return f"{'i' if self.signed else 'u'}{self.bits}"

    @property
    def lo(self) -> int:
        """The smallest number."""
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def hi(self) -> int:
        """The largest number."""
        return (1 << (self.bits - self.signed)) - 1

    @property
    def size(self) -> int:
        """Bytes of one number."""
        return self.bits // 8


INT32 = CType(32, True)
INT64 = CType(64, True)

_STORED = (*(CType(bits, signed) for bits in (8, 16, 32) for signed in (True, False)), INT64)


def storage(lo: int, hi: int) -> CType:
    """The narrowest type of an array for numbers from lo to hi.

    Raises:
        EdgemlError: they need more than 63 bits and a sign.

    >>> storage(0, 255).name, storage(-1, 255).name, storage(0, 1 << 40).name
    ('uint8_t', 'int16_t', 'int64_t')
    """
    for kind in _STORED:
        if kind.lo <= lo and hi <= kind.hi:
            return kind
    raise EdgemlError(f"codes from {lo} to {hi} fit no integer of C", hint="use narrower types")


def computing(*ends: int) -> CType:
    """int32_t if it holds all of these numbers, else int64_t.

    Raises:
        EdgemlError: int64_t does not hold them.
    """
    for kind in (INT32, INT64):
        if all(kind.lo <= end <= kind.hi for end in ends):
            return kind
    raise EdgemlError(f"a sum of up to {max(map(abs, ends))} fits no integer of C", hint="use narrower types")
