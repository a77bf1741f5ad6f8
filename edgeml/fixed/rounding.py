"""The seven quantization modes of ap_fixed (UG1399, "Quantization Modes"), on integers and on floats.

Invariant: the result is the exact mathematical rounding; no intermediate is ever inexact.
"""

from __future__ import annotations

from enum import Enum, unique

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed.types import IntArray


@unique
class Round(Enum):
    """The treatment of bits below the new LSB. QKeras rounds with RND_CONV, ap_fixed's default is TRN."""

    TRN = "TRN"
    """Towards minus infinity: drop the bits."""
    TRN_ZERO = "TRN_ZERO"
    """Towards zero."""
    RND = "RND"
    """To nearest, ties towards plus infinity."""
    RND_ZERO = "RND_ZERO"
    """To nearest, ties towards zero."""
    RND_INF = "RND_INF"
    """To nearest, ties away from zero."""
    RND_MIN_INF = "RND_MIN_INF"
    """To nearest, ties towards minus infinity."""
    RND_CONV = "RND_CONV"
    """To nearest, ties to even."""


def shift_right(codes: IntArray, bits: int | IntArray, mode: Round) -> IntArray:
    """round(codes / 2^bits), exactly.

    Args:
        codes: integers of any shape, below 2^63 in magnitude.
        bits: how many bits go, >= 0; an array broadcasts against `codes`.
        mode: the rounding.

    Returns:
        Integers of the broadcast shape.
    """
    count = np.asarray(bits, np.int64)
    # From 64 bits on only the sign matters: a quarter of an LSB rounds as any smaller value does.
    far = count >= 64
    codes = np.where(far, np.sign(codes), codes)
    count = np.where(far, 2, count)
    one = np.int64(1)
    floor = codes >> count
    rest = codes - (floor << count)  # 0 <= rest < 2^count
    if mode is Round.TRN:
        return floor
    if mode is Round.TRN_ZERO:
        return floor + ((codes < 0) & (rest > 0))
    half = np.where(count > 0, one << np.maximum(count - 1, 0), 0)
    tie = (rest == half) & (count > 0)
    up = (rest > half) & (count > 0)
    return floor + (up | (tie & _tie_goes_up(codes >= 0, floor & 1 == 1, mode)))


def _tie_goes_up(positive: NDArray[np.bool_], odd: NDArray[np.bool_], mode: Round) -> NDArray[np.bool_]:
    match mode:
        case Round.RND:
            return np.ones_like(positive)
        case Round.RND_ZERO:
            return ~positive
        case Round.RND_INF:
            return positive
        case Round.RND_CONV:
            return odd
        case _:  # RND_MIN_INF
            return np.zeros_like(positive)


def round_float(values: NDArray[np.float64], mode: Round) -> NDArray[np.float64]:
    """The integer that `mode` gives for each finite float64, as float64.

    `values - trunc(values)` is exact in binary floating point, unlike `values - floor(values)`.
    """
    whole = np.trunc(values)
    part = np.abs(values - whole)
    negative = values < 0
    match mode:
        case Round.TRN:
            away = negative & (part > 0)
        case Round.TRN_ZERO:
            away = np.zeros_like(negative)
        case Round.RND:
            away = (part > 0.5) | ((part == 0.5) & ~negative)
        case Round.RND_ZERO:
            away = part > 0.5
        case Round.RND_INF:
            away = part >= 0.5
        case Round.RND_MIN_INF:
            away = (part > 0.5) | ((part == 0.5) & negative)
        case Round.RND_CONV:
            away = (part > 0.5) | ((part == 0.5) & (np.fmod(whole, 2.0) != 0))
    return whole + np.where(away, np.where(negative, -1.0, 1.0), 0.0)
