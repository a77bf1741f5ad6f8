"""The interval of a cast is the least and the largest code that it gives, where no value wraps."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.fixed import FixedType, Overflow, Round, cast
from edgeml.ir.info import ValueInfo
from edgeml.ir.ops.cast import Cast

FROM = FixedType(True, 6, 3)
TYPES = [
    FixedType(signed, width, integer)
    for signed in (True, False)
    for width in (2, 4)
    for integer in (-1, 1, 5)
]


@pytest.mark.parametrize("overflow", [one for one in Overflow if one is not Overflow.WRAP])
@pytest.mark.parametrize("rounding", [Round.TRN, Round.RND_CONV])
def test_an_interval_is_exact(overflow: Overflow, rounding: Round) -> None:
    ends = [(lo, hi) for lo in range(-32, 32) for hi in range(lo, 32)]
    lo, hi = (np.array(part) for part in zip(*ends, strict=True))
    for to in TYPES:
        info = Cast(to, rounding, overflow).infer(ValueInfo((len(ends),), FROM, lo, hi))
        codes = cast(np.arange(-32, 32), FROM.frac, to, rounding, overflow)
        least = np.array([codes[a + 32 : b + 33].min() for a, b in ends])
        most = np.array([codes[a + 32 : b + 33].max() for a, b in ends])
        assert np.all(info.lo <= least) and np.all(info.hi >= most)
        if overflow is not Overflow.SAT_ZERO or to.frac <= FROM.frac:  # no code between is left out
            assert np.array_equal(info.lo, least) and np.array_equal(info.hi, most)
