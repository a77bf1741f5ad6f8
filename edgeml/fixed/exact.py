"""Converts floats that should be multiples of an LSB to codes: for the results of other programs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed.types import IntArray

NO_CODE = np.int64(-(2**63))
"""Stands for a float that is no code at all; it differs from every code of every type."""


def from_float(values: NDArray[np.floating[Any]], frac: int | IntArray) -> IntArray:
    """Codes of floats code * 2^-frac; `NO_CODE` where a float is no multiple of 2^-frac below 2^62.

    Nothing is rounded, so that a result that is wrong by a fraction of an LSB is never taken for a right one.

    >>> from_float(np.array([0.75, 0.7, np.nan]), 2)
    array([                   3, -9223372036854775808, -9223372036854775808])
    """
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.ldexp(values.astype(np.float64), np.asarray(frac, np.int32))
        bad = ~(np.abs(scaled) < 2.0**62) | (scaled != np.rint(scaled))
    return np.where(bad, NO_CODE, np.where(bad, 0, scaled).astype(np.int64))
