"""Calibration by half of the largest value."""

from __future__ import annotations

from edgeml.ptq.histogram import TensorHistogram
from edgeml.ptq.methods import CalibrationMethod, candidates


def choose(histogram: TensorHistogram, bits: int, signed: bool) -> int:
    """One fractional bit more than saturates nothing; constants keep theirs."""
    return candidates(histogram, bits, signed)[histogram.low < histogram.high]


METHOD = CalibrationMethod(summary="values up to half of the largest fit", choose=choose)
