"""Calibration by the largest and smallest value: nothing saturates."""

from __future__ import annotations

from edgeml.ptq.histogram import TensorHistogram
from edgeml.ptq.methods import CalibrationMethod, candidates


def choose(histogram: TensorHistogram, bits: int, signed: bool) -> int:
    """The most fractional bits with which every value that was observed fits."""
    return candidates(histogram, bits, signed)[0]


METHOD = CalibrationMethod(summary="every value that was observed fits", choose=choose)
