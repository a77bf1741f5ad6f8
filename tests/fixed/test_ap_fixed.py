"""cast against the real ap_fixed headers, all modes, compiled with g++.

UG1399 defines the modes, the header is what runs; where the two could differ the header counts:
- SAT_SYM to one signed bit keeps -1 (`symmetric_lo`).
- A cast that drops more bits than the source has trips an assertion inside the header, although its
  result is not used; the program is compiled without assertions.
"""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.fixed import FixedType, IntArray, Overflow, Round, cast
from tests.fixed import ap_fixed
from tests.support import needs_tool


def fixed(width: int, frac: int) -> FixedType:
    return FixedType(True, width, frac)


def ufixed(width: int, frac: int) -> FixedType:
    return FixedType(False, width, frac)


FEW = [
    (fixed(7, 4), fixed(4, 1)),
    (fixed(7, 4), ufixed(3, 2)),
]

CORNERS = [
    (fixed(4, 2), fixed(1, 2)),
    (fixed(4, 2), fixed(1, 0)),
    (fixed(1, 0), fixed(1, 0)),
    (ufixed(4, 2), fixed(1, 0)),
    (fixed(6, -2), fixed(4, -4)),  # LSBs above one
    (fixed(6, 9), ufixed(4, 8)),  # no integer bits
    (fixed(33, 10), fixed(20, 2)),
    (fixed(63, 30), fixed(63, 20)),
    (ufixed(63, 30), ufixed(63, 20)),
    (fixed(63, 0), ufixed(63, 3)),
    (ufixed(63, 0), fixed(63, 3)),
    (fixed(5, 0), fixed(5, -30)),  # every bit dropped
    (fixed(5, 40), ufixed(5, 0)),
    (fixed(5, 0), fixed(63, 40)),  # far up
    (fixed(40, 0), fixed(60, 70)),
    (ufixed(8, 8), ufixed(8, 8)),
    (fixed(8, 3), fixed(12, 5)),
]


def random_pairs(count: int) -> list[ap_fixed.Pair]:
    """Pairs whose widths are 1 to 20 and whose LSBs lie near each other."""
    rng = np.random.default_rng(7)
    pairs: list[ap_fixed.Pair] = []
    while len(pairs) < count:
        width, frac = int(rng.integers(1, 21)), int(rng.integers(-8, 30))
        source = FixedType(bool(rng.integers(2)), width, frac)
        target = FixedType(
            bool(rng.integers(2)), int(rng.integers(1, 21)), frac + int(rng.integers(-width - 2, 6))
        )
        pairs.append((source, target))
    return pairs


def codes(source: FixedType, target: FixedType) -> IntArray:
    """All codes of a narrow type; else the ends, the neighbourhood of the target's ends, and random ones."""
    if source.width <= 12:
        return np.arange(source.lo, source.hi + 1)
    rng = np.random.default_rng([source.width, source.frac % 1000])
    some = rng.integers(source.lo, source.hi, 2000, endpoint=True)
    drop = source.frac - target.frac
    near = [
        (end << drop if drop >= 0 else end >> -drop) + offset
        for end in (target.lo, target.hi, 0)
        for offset in (*range(-3, 4), *(sign << max(drop - 1, 0) for sign in (1, -1)))
    ]
    ends = [*range(source.lo, source.lo + 4), *range(source.hi - 3, source.hi + 1), *near]
    inside = [code for code in ends if source.lo <= code <= source.hi]
    return np.concatenate([np.array(inside, np.int64), some])


def compare(pairs: list[ap_fixed.Pair], folder) -> None:
    needs_tool("g++")
    program = ap_fixed.build(pairs, folder)
    inputs = {pair: codes(*pair) for pair in pairs}
    results = program.cast(inputs)
    assert set(results) == {(pair, q, o) for pair in pairs for q in Round for o in Overflow}
    for (pair, rounding, overflow), expected in results.items():
        source, target = pair
        got = cast(inputs[pair], source.frac, target, rounding, overflow)
        wrong = np.flatnonzero(got != expected)
        first = wrong[:1]
        assert wrong.size == 0, (
            f"{source} to {target} {rounding.value} {overflow.value}: {wrong.size} differ, "
            f"code {inputs[pair][first]} gives {got[first]}, the header {expected[first]}"
        )


@pytest.mark.tool
def test_few_pairs(tmp_path):
    compare(FEW, tmp_path)


@pytest.mark.tool
@pytest.mark.slow
def test_corners(tmp_path):
    compare(CORNERS, tmp_path)


@pytest.mark.tool
@pytest.mark.slow
def test_random_pairs(tmp_path):
    compare(random_pairs(24), tmp_path)
