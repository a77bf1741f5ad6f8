"""Histograms: how often values fall into bins of equal width, counted in one pass over any amount of data.

Invariant: a bin of integers holds 2^k consecutive codes, so every bin holds equally many of them; bins that
were not aligned to the codes would show combs that are not in the data.
"""

from __future__ import annotations

import math

import numpy as np

from edgeml.documents import Record
from edgeml.fixed import IntArray

_FINE = 1 << 16
"""Bins kept while counting; the range is known before (it is proven), what is used of it is not."""

SHOWN = 64
"""At most this many bins in a report."""


class Span(Record):
    """A closed range of values (not codes)."""

    lo: float
    hi: float


class Histogram(Record):
    """Counts of values in bins of equal width, against the limits of a type.

    Attributes:
        start: left edge of the first bin.
        step: width of a bin, a power of two times the LSB where the values are integers.
        counts: per bin.
        limits: what the type can hold.
        zeros: share of exact zeros among the values as stored.
        powers: share of +-2^k among them, which cost a multiplier nothing; None for activations.
        rectifies: what lies below the limits becomes zero as in a ReLU, which is no clipping.
    """

    name: str
    type: str
    shape: tuple[int, ...]
    start: float
    step: float
    counts: tuple[int, ...]
    limits: Span
    zeros: float
    powers: float | None = None
    rectifies: bool = False


class CodeBins:
    """Counts codes of a known range.

    Args:
        lo: the smallest code that can come.
        hi: the largest.
    """

    def __init__(self, lo: int, hi: int) -> None:
        self._shift = max(0, (hi - lo).bit_length() - _FINE.bit_length() + 1)
        self._first = lo >> self._shift
        self._counts = np.zeros((hi >> self._shift) - self._first + 1, np.int64)

    def add(self, codes: IntArray) -> None:
        """Count all elements."""
        bins = (codes.ravel() >> self._shift) - self._first
        self._counts += np.bincount(bins, minlength=len(self._counts))

    def shown(self) -> tuple[int, int, tuple[int, ...]]:
        """The counts in at most `SHOWN` bins, from the smallest to the largest code met and zero.

        Returns:
            First code of the first bin, codes per bin (a power of two), counts.
        """
        used = np.flatnonzero(self._counts)
        lo = hi = 0
        if used.size:
            lo = min(lo, int(used[0] + self._first) << self._shift)
            hi = max(hi, (int(used[-1] + self._first + 1) << self._shift) - 1)
        shift = self._shift
        while (hi >> shift) - (lo >> shift) + 1 > SHOWN:
            shift += 1
        first = lo >> shift
        counts = np.zeros((hi >> shift) - first + 1, np.int64)
        where = ((used + self._first) >> (shift - self._shift)) - first
        np.add.at(counts, where, self._counts[used])
        return first << shift, 1 << shift, tuple(int(n) for n in counts)


def code_bins(counter: CodeBins, frac: int) -> tuple[float, float, tuple[int, ...]]:
    """Left edge of the first bin, width of a bin and counts, in real units."""
    first, step, counts = counter.shown()
    return math.ldexp(first - 0.5, -frac), math.ldexp(step, -frac), counts


def span(lo: int, hi: int, frac: int) -> Span:
    """A range of codes as values."""
    return Span(lo=math.ldexp(lo, -frac), hi=math.ldexp(hi, -frac))
