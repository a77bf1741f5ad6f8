"""Calibration by entropy: the quantized distribution loses the least information.

Source: S. Migacz, 8-bit Inference with TensorRT, GTC 2017, slides 29 to 34; here over powers of two.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeml.ptq.histogram import TensorHistogram
from edgeml.ptq.methods import CalibrationMethod, candidates
from edgeml.ptq.steps import TensorType

_LEAST = 1e-4
"""Share that a bin without values counts with, so that every divergence is finite."""


def choose(histogram: TensorHistogram, bits: int, signed: bool) -> int:
    """The fractional bits with the smallest Kullback-Leibler divergence."""
    return min(
        candidates(histogram, bits, signed), key=lambda frac: divergence(histogram, bits, signed, frac)
    )


def divergence(histogram: TensorHistogram, bits: int, signed: bool, frac: int) -> float:
    """Divergence of the quantized distribution from the observed one.

    Values that saturate count in the bins at the ends of the observed distribution, and are missing in the
    quantized one, which spreads what each code has evenly over its bins that are not empty.
    """
    kind = TensorType(bits, signed, (frac,))
    codes = np.rint(histogram.centers * 2.0**frac)
    inside = (codes >= kind.least) & (codes <= kind.most)
    if not np.any(inside & (histogram.counts > 0)):
        return float("inf")
    inside_counts = histogram.counts[inside].astype(np.float64)
    first, last = np.flatnonzero(inside)[[0, -1]]
    observed = inside_counts.copy()
    observed[0] += histogram.counts[:first].sum()
    observed[-1] += histogram.counts[last + 1 :].sum()
    return _kl(observed, _spread(inside_counts, codes[inside]))


def _spread(counts: NDArray[np.float64], codes: NDArray[np.float64]) -> NDArray[np.float64]:
    index = (codes - codes.min()).astype(np.int64)
    filled = counts > 0
    totals = np.bincount(index, counts)
    bins = np.bincount(index, filled.astype(np.float64))
    return np.where(filled, totals[index] / np.maximum(bins[index], 1), 0.0)


def _kl(observed: NDArray[np.float64], quantized: NDArray[np.float64]) -> float:
    p = observed / observed.sum()
    q = np.maximum(quantized / quantized.sum(), np.where(p > 0, _LEAST / len(p), 0))
    there = p > 0
    return float(np.sum(p[there] * np.log(p[there] / q[there])))


METHOD = CalibrationMethod(summary="least loss of information (Kullback-Leibler divergence)", choose=choose)
