"""Calibration by the mean squared error of rounding and saturating."""

from __future__ import annotations

import numpy as np

from edgeml.ptq.histogram import TensorHistogram
from edgeml.ptq.methods import CalibrationMethod, candidates
from edgeml.ptq.steps import TensorType


def choose(histogram: TensorHistogram, bits: int, signed: bool) -> int:
    """The fractional bits with the smallest sum of squared errors over the histogram."""
    return min(candidates(histogram, bits, signed), key=lambda frac: _error(histogram, bits, signed, frac))


def _error(histogram: TensorHistogram, bits: int, signed: bool, frac: int) -> float:
    centers = histogram.centers
    return float(
        np.sum(histogram.counts * (TensorType(bits, signed, (frac,)).rounded(centers) - centers) ** 2)
    )


METHOD = CalibrationMethod(summary="least mean squared error of rounding and saturating", choose=choose)
