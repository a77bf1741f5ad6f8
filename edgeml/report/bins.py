"""Histograms of integers: exact counts in one pass over any amount of data.

Invariant: a bin holds 2^k consecutive codes, so every bin holds equally many of them; bins that were not
aligned to the codes would show combs that are not in the data.
"""

from __future__ import annotations

import numpy as np

from edgeml.fixed import IntArray

_FINE = 1 << 16
"""Bins kept while counting; the range is known before (it is proven), what is used of it is not."""

SHOWN = 64
"""At most this many bins in a report."""


class Counter:
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
