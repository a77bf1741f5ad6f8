"""Calibration by a percentile: one value in ten thousand at either end may saturate."""

from __future__ import annotations

from edgeml.ptq.histogram import TensorHistogram
from edgeml.ptq.methods import CalibrationMethod, candidates
from edgeml.ptq.steps import fitting_frac

_SHARE = 1e-4


def choose(histogram: TensorHistogram, bits: int, signed: bool) -> int:
    """The most fractional bits with which all values but `_SHARE` of them at either end fit."""
    low, high = histogram.quantile(_SHARE), histogram.quantile(1 - _SHARE)
    low, high = (low if histogram.low < 0 else max(low, 0.0)), min(high, histogram.high)
    possible = candidates(histogram, bits, signed)
    return min(max(fitting_frac(min(low, 0.0), high, bits, signed), possible[0]), possible[-1])


METHOD = CalibrationMethod(summary="all values but one in ten thousand at either end fit", choose=choose)
