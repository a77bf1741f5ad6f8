"""A quantizer behind a factor of small denominator, such as a mean over 36 pixels, by exact division.

A rounding half to even has ties there that no single multiplier meets: they go up and down in turn. For
h = floor(2x) and g = ceil(2x), (h + g) / 4 lies on the same side of every integer and every tie as x does,
and is one of these exactly where x is. Both come from one product with m = ceil(2^f * a / q) in the place of
a division by q.

Invariant: the division is exact for every sum of the interval. For x = (a * s + b) / q, with s counted from
its least value, (m * s + ceil(2^f * b / q)) / 2^f exceeds x by less than (range of s + 1) / 2^f <= 1 / q. As
x is a multiple of 1 / q, the floors are equal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from edgeml.fixed import FixedType, IntArray, Overflow, Round
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.exact import Exact
from edgeml.importers.affine.stairs import multiplied_by
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.scale import Scale

_ROOM = 60
"""Bits that a product and what is added to it may take, so that int64 holds their sum."""


@dataclass(frozen=True, eq=False)
class Division:
    """floor(x) = floor((m * sum + low) / 2^frac) and ceil(x) = floor((m * sum + high) / 2^frac), per channel.

    Args:
        factor: m.
        low: added for the floor.
        high: added for the ceiling.
        frac: fractional bits of the three.
        whole: bits of the largest floor or ceiling, without its sign.
        product: bits of the largest m * sum with what is added to it.
    """

    factor: IntArray
    low: IntArray
    high: IntArray
    frac: int
    whole: int
    product: int

    @property
    def bits(self) -> int:
        """Bits of the largest m, without its sign."""
        return int(np.max(np.abs(self.factor), initial=0)).bit_length()


@dataclass(frozen=True)
class _Channel:
    """slope * sum + offset, for sums from `least` to `most`."""

    slope: Fraction
    offset: Fraction
    least: int
    most: int

    @property
    def divisor(self) -> int:
        """The least q for which all values are multiples of 1 / q."""
        return math.lcm(self.slope.denominator, self.offset.denominator)

    @property
    def frac(self) -> int:
        """Fractional bits at which the division is exact."""
        return (self.divisor * (self.most - self.least + 1)).bit_length()

    @property
    def whole(self) -> int:
        """Bits of the largest value, rounded away from zero."""
        ends = (self.slope * end + self.offset for end in (self.least, self.most))
        return max(ex.ceil(abs(end)).bit_length() for end in ends)

    def numbers(self, frac: int) -> tuple[int, int, int]:
        """The m, low and high of `Division`."""
        factor = ex.ceil(self.slope * 2**frac)
        first = self.slope * self.least + self.offset
        starts = (first, first + 1 - Fraction(1, self.divisor))
        low, high = (ex.ceil(start * 2**frac) - factor * self.least for start in starts)
        return factor, low, high


def exact_division(slope: Exact, offset: Exact, sums: tuple[IntArray, IntArray]) -> Division | None:
    """The division that gives floor and ceiling of slope * sum + offset; None if it takes too many bits.

    Args:
        slope: per channel.
        offset: per channel.
        sums: least and largest, per channel.
    """
    shape = np.broadcast_shapes(slope.shape, offset.shape, sums[0].shape)
    parts = [np.broadcast_to(part, shape).reshape(-1).tolist() for part in (slope, offset, *sums)]
    channels = [_Channel(Fraction(by), Fraction(plus), *ends) for by, plus, *ends in zip(*parts, strict=True)]
    frac = max(channel.frac for channel in channels)
    rows = [channel.numbers(frac) for channel in channels]
    product = max(
        (abs(factor) * max(abs(channel.least), abs(channel.most)) + max(map(abs, added))).bit_length()
        for (factor, *added), channel in zip(rows, channels, strict=True)
    )
    if product > _ROOM:
        return None
    factors, lows, highs = (np.array(column, np.int64).reshape(shape) for column in zip(*rows, strict=True))
    return Division(factors, lows, highs, frac, max(channel.whole for channel in channels), product)


def by_division(
    assembly: Assembly, node: str, halves: Division, rounding: Round, to: FixedType, overflow: Overflow
) -> str:
    """The codes of a value, from the division that gives twice that value.

    Args:
        assembly: where to add ops.
        node: the sums.
        halves: of twice the value.
        rounding: of the value.
        to: type of the codes.
        overflow: of the codes.
    """
    product = multiplied_by(assembly, node, halves.factor, halves.frac)
    kind = FixedType(True, halves.whole + 1, 0)
    parts: list[str] = []
    for offset, part in ((halves.low, "down"), (halves.high, "up")):
        number = assembly.number(ex.compressed(offset), halves.frac, f"{part}.offset")
        moved = assembly.add(Add(), product, number, part=f"{part}.moved")
        parts.append(assembly.cast(moved, kind, Round.TRN, Overflow.SAT, part))
    both = assembly.add(Add(), *parts, part="halves")
    return assembly.cast(assembly.add(Scale(-2), both, part="divided"), to, rounding, overflow, part="codes")
