"""A quantizer behind integer sums is a staircase: for every code the least sum that reaches it.

The staircase is worked out exactly, from rational factors, or from the source's own integer or float32
arithmetic. A multiplier equals it if both sides of every step do: both functions only grow, so no other sum
can differ. `stairs` builds it of core ops.

Invariant: `edges[k]` is the least sum with code >= first + 1 + k, or `beyond` where none in the interval has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, IntArray
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.exact import Exact
from edgeml.importers.affine.rounding import SourceRounding

MOST_CODES = 4096
"""Codes up to which a staircase is worked out step by step."""

_MOST_BITS = 40
"""Bits of a multiplier beyond which none is looked for."""

_ROOM = 60
"""Bits that products and shifted codes may take, so that int64 holds them and a sum of two."""

_BELOW = FixedType(True, 1, 0)

CodeFunction = Callable[[IntArray], IntArray]


class ManyCodesError(EdgemlError):
    """A quantizer has more codes than are worked out step by step.

    Args:
        count: of codes.
        layer: that is quantized.
    """

    def __init__(self, count: int, layer: str) -> None:
        super().__init__(
            f"a quantizer of {count} codes behind factors that are no powers of two",
            layer,
            f"the sum at each step is worked out, for at most {MOST_CODES} codes: use 8 bits (12 where the "
            "format has them), or scales that are all powers of two",
        )
        self.count = count


@dataclass(frozen=True, eq=False)
class Staircase:
    """A quantizer as a staircase: its code for every sum of an interval, per channel.

    Args:
        first: the least code.
        edges: (codes - 1, *channels): the least sum that reaches the next code; `lo` if all do, `beyond` if
            none.
        falls: per channel, whether codes fall as sums grow; edges are then those of minus the sum.
        lo: the least sum (of minus the sum where it falls).
        beyond: one more than the largest.
        slope: codes per step of the sum, never negative; where a multiplier begins to look.
    """

    first: int
    edges: IntArray
    falls: NDArray[np.bool_]
    lo: IntArray
    beyond: IntArray
    slope: NDArray[np.float64]

    @property
    def active(self) -> NDArray[np.bool_]:
        """The steps that lie within the interval."""
        return (self.edges > self.lo) & (self.edges < self.beyond)

    @property
    def least(self) -> IntArray:
        """The code of the least sum, per channel."""
        return self.first + np.count_nonzero(self.edges <= self.lo, axis=0)

    @property
    def most(self) -> IntArray:
        """The code of the largest sum, per channel."""
        return self.first + np.count_nonzero(self.edges < self.beyond, axis=0)


@dataclass(frozen=True, eq=False)
class Multiplier:
    """code = floor((m * sum + o) / 2^frac), per channel.

    Args:
        factor: m.
        offset: o.
        frac: fractional bits of both.
        wrong: sums on either side of a step that get another code than the staircase gives.
    """

    factor: IntArray
    offset: IntArray
    frac: int
    wrong: int = 0

    @property
    def bits(self) -> int:
        """Bits of the largest m, without its sign."""
        return int(np.max(np.abs(self.factor), initial=0)).bit_length()


def interval(assembly: Assembly, node: str, channels: tuple[int, ...]) -> tuple[IntArray, IntArray]:
    """The least and largest code of a node, per channel, at its finest LSB.

    Args:
        assembly: where the node is.
        node: its name.
        channels: a shape that broadcasts to the node's; the bounds hold for all elements of an axis of 1.
    """
    info = assembly.info(node)
    lo, hi = info.aligned(info.frac)
    shape = (*(1,) * (len(channels) - lo.ndim), *lo.shape)
    extra = len(shape) - len(channels)
    axes = tuple(axis for axis in range(len(shape)) if axis < extra or channels[axis - extra] == 1)
    return lo.reshape(shape).min(axis=axes).reshape(channels), hi.reshape(shape).max(axis=axes).reshape(
        channels
    )


def of_affine(
    slope: Exact,
    offset: Exact,
    ends: tuple[Exact | None, Exact | None],
    codes: tuple[int, int],
    rounding: SourceRounding,
    sums: tuple[IntArray, IntArray],
) -> Staircase:
    """The staircase of round(clip(slope * sum + offset)), by rational numbers.

    Args:
        slope: per channel, in codes per step of the sum.
        offset: per channel, in codes.
        ends: of the clip, in codes, per channel.
        codes: least and largest.
        rounding: of the source.
        sums: least and largest, per channel.
    """
    first, last = codes
    channels = np.broadcast_shapes(
        slope.shape, offset.shape, sums[0].shape, *(end.shape for end in ends if end is not None)
    )
    spread = [
        None if part is None else np.broadcast_to(part, channels).reshape(-1)
        for part in (slope, offset, *ends)
    ]
    slopes, offsets, lows, highs = spread
    assert slopes is not None and offsets is not None
    least, most = (np.broadcast_to(end, channels).reshape(-1) for end in sums)
    falls = np.asarray(slopes < 0, bool)
    lo, hi = np.where(falls, -most, least), np.where(falls, -least, most)
    edges = np.empty((last - first, slopes.size), np.int64)
    reaches = [rounding.reach(code) for code in range(first + 1, last + 1)]
    for channel in range(slopes.size):
        bottom, top = int(lo[channel]), int(hi[channel]) + 1
        down, up = (None if ends is None else ends[channel] for ends in (lows, highs))
        edges[:, channel] = _edges(abs(slopes[channel]), offsets[channel], (down, up), reaches, (bottom, top))
    return Staircase(
        first,
        edges.reshape(last - first, *channels),
        falls.reshape(channels),
        lo.reshape(channels),
        (hi + 1).reshape(channels),
        np.abs(ex.floats(np.broadcast_to(slope, channels))),
    )


def _edges(
    slope: Fraction,
    offset: Fraction,
    ends: tuple[Fraction | None, Fraction | None],
    reaches: list[tuple[Fraction, bool]],
    sums: tuple[int, int],
) -> list[int]:
    """The least sum of each code of one channel, between the two sums."""
    down, up = ends
    bottom, top = sums
    numerator, denominator = offset.numerator, offset.denominator
    below = 2 * denominator * slope.numerator
    result: list[int] = []
    for edge, inclusive in reaches:
        if down is not None and (down > edge or (inclusive and down == edge)):
            result.append(bottom)
        elif up is not None and (up < edge or (not inclusive and up == edge)):
            result.append(top)
        elif below == 0:
            result.append(bottom if offset > edge or (inclusive and offset == edge) else top)
        else:  # edges are multiples of one half, so that integers do: (edge - offset) / slope
            above = (int(2 * edge) * denominator - 2 * numerator) * slope.denominator
            at = -(-above // below) if inclusive else above // below + 1
            result.append(min(max(at, bottom), top))
    return result


def of_function(
    function: CodeFunction,
    codes: tuple[int, int],
    sums: tuple[IntArray, IntArray],
    slope: NDArray[np.float64],
) -> Staircase:
    """The staircase of a function that never falls, by bisection.

    Args:
        function: codes of sums (rows, *channels); never falls along its first axis.
        codes: least and largest.
        sums: least and largest, per channel.
        slope: codes per step of the sum, roughly.
    """
    first, last = codes
    channels = np.broadcast_shapes(slope.shape, sums[0].shape)
    lo, hi = (np.broadcast_to(end, channels) for end in sums)
    outputs = np.arange(first + 1, last + 1).reshape(-1, *(1,) * len(channels))
    low = np.broadcast_to(lo - 1, (last - first, *channels)).astype(np.int64)
    high = np.broadcast_to(hi + 1, (last - first, *channels)).astype(np.int64)
    while np.any(high - low > 1):  # function(low) < wanted <= function(high), with open ends
        middle = (low + high) >> 1
        inside = np.clip(middle, lo, hi)
        reached = function(inside) >= outputs
        open_ = high - low > 1
        high = np.where(open_ & reached, middle, high)
        low = np.where(open_ & ~reached, middle, low)
    return Staircase(first, high, np.zeros(channels, bool), lo, hi + 1, np.broadcast_to(slope, channels))


def split_at_zero(stairs: Staircase) -> tuple[Staircase, ...]:
    """Two staircases whose sum this is, of the codes from zero down and up; none if it has codes of one sign.

    Roundings towards or away from zero have a step at zero that is wider or narrower than the others.
    """
    below = -stairs.first
    if not 0 < below < stairs.edges.shape[0]:
        return ()
    return replace(stairs, edges=stairs.edges[:below]), replace(stairs, first=0, edges=stairs.edges[below:])


def smallest_multiplier(stairs: Staircase, bits: int | None = None) -> Multiplier | None:
    """The multiplier of fewest bits that equals the staircase for every sum; None if there is none.

    Args:
        stairs: the staircase.
        bits: bits of the largest m; then the best multiplier of so many bits, equal or not.
    """
    largest = float(np.max(stairs.slope, initial=0.0))
    if largest == 0.0:
        return Multiplier(np.zeros(stairs.lo.shape, np.int64), stairs.least.astype(np.int64), 0)
    peak = int(np.max(np.maximum(np.abs(stairs.lo), np.abs(stairs.beyond))))
    codes = max(abs(stairs.first), abs(stairs.first + stairs.edges.shape[0]), 1)
    top = int(np.frexp(largest)[1])
    for width in range(1, _MOST_BITS + 1) if bits is None else (bits,):
        frac = max(width - top, 0)
        if max(width, top) + peak.bit_length() > _ROOM or frac + codes.bit_length() > _ROOM:
            return None
        fitted = _fitted(stairs, frac, bits is not None)
        if fitted is not None:
            return fitted
    return None


def _fitted(stairs: Staircase, frac: int, any_: bool) -> Multiplier | None:
    """The multiplier at `frac` fractional bits, if there is one; with `any_` the nearest to one.

    m is the slope rounded, or one of its neighbours: where ties are rounded away from zero the slope itself
    fits none.
    """
    codes = (stairs.first + 1 + np.arange(stairs.edges.shape[0])).reshape(-1, *(1,) * stairs.lo.ndim)
    target = codes << frac
    nearest = np.rint(stairs.slope * 2.0**frac).astype(np.int64)
    factor, need, room = nearest, *_bounds(stairs, target, nearest)
    for neighbour in (nearest + 1, np.maximum(nearest - 1, 0)):
        open_ = need > room
        if not np.any(open_):
            break
        lower, upper = _bounds(stairs, target, neighbour)
        better = open_ & (lower <= upper)
        factor = np.where(better, neighbour, factor)
        need, room = np.where(better, lower, need), np.where(better, upper, room)
    idle = ~np.any(stairs.active, axis=0)  # a channel that is constant in its interval: the code itself
    factor = np.where(idle, 0, factor)
    need, room = (np.where(idle, stairs.least << frac, bound) for bound in (need, room))
    if not np.any(need > room):
        return Multiplier(factor, roundest(need, room), frac)
    if not any_:
        return None
    middle = np.where(need <= room, need, (need >> 1) + (room >> 1))
    wrong = int(np.count_nonzero(stairs.active & (factor * stairs.edges + middle < target)))
    wrong += int(np.count_nonzero(stairs.active & (factor * (stairs.edges - 1) + middle >= target)))
    return Multiplier(factor, middle, frac, wrong)


def _bounds(stairs: Staircase, target: IntArray, factor: IntArray) -> tuple[IntArray, IntArray]:
    """Least and largest o for which m * edge + o >= target and m * (edge - 1) + o < target at every step."""
    need = np.where(stairs.active, target - factor * stairs.edges, np.iinfo(np.int64).min)
    room = np.where(stairs.active, target - factor * (stairs.edges - 1) - 1, np.iinfo(np.int64).max)
    return need.max(axis=0), room.min(axis=0)


def roundest(least: IntArray, most: IntArray) -> IntArray:
    """Of the integers between two, ends included, one with as many trailing zeros as possible."""
    result = least.copy()
    for zeros in range(1, 60):
        candidate = -((-least) >> zeros) << zeros
        fits = (candidate >= least) & (candidate <= most)
        if not np.any(fits):
            break
        result = np.where(fits, candidate, result)
    return result


def need_few_codes(count: int, layer: str) -> None:
    """Refuse a staircase of more codes than are worked out step by step.

    Raises:
        ManyCodesError: it has more.
    """
    if count > MOST_CODES:
        raise ManyCodesError(count, layer)
