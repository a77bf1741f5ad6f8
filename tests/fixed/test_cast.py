"""cast, quantize, rescale, align and to_float against the definitions in plain Python."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edgeml.errors import EdgemlError
from edgeml.fixed import (
    MAX_WIDTH,
    FixedType,
    FixedTypeArray,
    Overflow,
    Round,
    align,
    cast,
    outside,
    quantize,
    rescale,
    symmetric_lo,
    to_float,
)
from tests.fixed import reference
from tests.strategies import codes_of, fixed_types, overflows, roundings

WIDE = fixed_types(1, MAX_WIDTH, -80, 80)


@st.composite
def near_types(draw, source):
    """A type whose LSB and range lie near those of `source`, where rounding and overflow meet."""
    frac = source.frac + draw(st.integers(-source.width - 2, 4))
    width = max(1, min(MAX_WIDTH, source.width + frac - source.frac + draw(st.integers(-3, 3))))
    return FixedType(draw(st.booleans()), width, frac)


@st.composite
def casts(draw):
    """A source type, some codes of it and a target."""
    source = draw(WIDE)
    target = draw(st.one_of(WIDE, near_types(source)))
    codes = draw(st.lists(codes_of(source), min_size=1, max_size=12))
    return source, target, codes


# UG1399, "Quantization Modes" and "Overflow Modes": the worked examples of the guide.
GUIDE = [
    ("fixed<3,2>", Round.RND, Overflow.SAT, 1.25, 1.5),
    ("fixed<3,2>", Round.RND, Overflow.SAT, -1.25, -1.0),
    ("fixed<3,2>", Round.RND_ZERO, Overflow.SAT, 1.25, 1.0),
    ("fixed<3,2>", Round.RND_ZERO, Overflow.SAT, -1.25, -1.0),
    ("fixed<3,2>", Round.RND_MIN_INF, Overflow.SAT, 1.25, 1.0),
    ("fixed<3,2>", Round.RND_MIN_INF, Overflow.SAT, -1.25, -1.5),
    ("fixed<3,2>", Round.RND_INF, Overflow.SAT, 1.25, 1.5),
    ("fixed<3,2>", Round.RND_INF, Overflow.SAT, -1.25, -1.5),
    ("fixed<3,2>", Round.RND_CONV, Overflow.SAT, 1.25, 1.0),
    ("fixed<3,2>", Round.RND_CONV, Overflow.SAT, 0.75, 1.0),
    ("fixed<3,2>", Round.RND_CONV, Overflow.SAT, -1.25, -1.0),
    ("fixed<3,2>", Round.TRN, Overflow.SAT, 1.25, 1.0),
    ("fixed<3,2>", Round.TRN, Overflow.SAT, -1.25, -1.5),
    ("fixed<3,2>", Round.TRN_ZERO, Overflow.SAT, 1.25, 1.0),
    ("fixed<3,2>", Round.TRN_ZERO, Overflow.SAT, -1.25, -1.0),
    ("fixed<4,4>", Round.RND, Overflow.SAT, 19.0, 7.0),
    ("fixed<4,4>", Round.RND, Overflow.SAT, -19.0, -8.0),
    ("ufixed<4,4>", Round.RND, Overflow.SAT, 19.0, 15.0),
    ("ufixed<4,4>", Round.RND, Overflow.SAT, -19.0, 0.0),
    ("fixed<4,4>", Round.RND, Overflow.SAT_ZERO, 19.0, 0.0),
    ("fixed<4,4>", Round.RND, Overflow.SAT_ZERO, -19.0, 0.0),
    ("ufixed<4,4>", Round.RND, Overflow.SAT_ZERO, 19.0, 0.0),
    ("ufixed<4,4>", Round.RND, Overflow.SAT_ZERO, -19.0, 0.0),
    ("fixed<4,4>", Round.RND, Overflow.SAT_SYM, 19.0, 7.0),
    ("fixed<4,4>", Round.RND, Overflow.SAT_SYM, -19.0, -7.0),
    ("ufixed<4,4>", Round.RND, Overflow.SAT_SYM, 19.0, 15.0),
    ("ufixed<4,4>", Round.RND, Overflow.SAT_SYM, -19.0, 0.0),
    ("fixed<4,4>", Round.RND, Overflow.WRAP, 31.0, -1.0),
    ("fixed<4,4>", Round.RND, Overflow.WRAP, -19.0, -3.0),
    ("ufixed<4,4>", Round.RND, Overflow.WRAP, 19.0, 3.0),
    ("ufixed<4,4>", Round.RND, Overflow.WRAP, -19.0, 13.0),
]


@pytest.mark.parametrize(("type", "rounding", "overflow", "x", "expected"), GUIDE)
def test_examples_of_the_guide(type, rounding, overflow, x, expected):
    to = FixedType.parse(type)
    code = round(expected * 2**to.frac)
    assert reference.cast(Fraction(x), to, rounding, overflow) == code
    assert quantize([x], to, rounding, overflow).tolist() == [code]
    assert cast(np.array([round(x * 16)]), 4, to, rounding, overflow).tolist() == [code]


@given(casts(), roundings, overflows)
@example((FixedType(True, 63, 0), FixedType(False, 63, 3), [2**62 - 1]), Round.TRN, Overflow.SAT_ZERO)
@example((FixedType(False, 63, 0), FixedType(False, 63, 1), [2**62, 2**63 - 1]), Round.RND, Overflow.SAT_ZERO)
@example(
    (FixedType(True, 63, 64), FixedType(True, 63, 0), [-(2**62), 2**62 - 1]), Round.RND_CONV, Overflow.WRAP
)
@example((FixedType(True, 4, 0), FixedType(True, 1, 0), [-8, -1, 0, 7]), Round.TRN, Overflow.SAT_SYM)
def test_cast(case, rounding, overflow):
    source, target, codes = case
    expected = [
        reference.cast(reference.value(code, source.frac), target, rounding, overflow) for code in codes
    ]
    got = cast(np.array(codes, np.int64), source.frac, target, rounding, overflow)
    assert got.dtype == np.int64
    assert got.tolist() == expected


@given(casts(), roundings, overflows)
def test_cast_twice_is_cast_once(case, rounding, overflow):
    source, target, codes = case
    once = cast(np.array(codes, np.int64), source.frac, target, rounding, overflow)
    assert cast(once, target.frac, target, rounding, overflow).tolist() == once.tolist()


@given(casts(), roundings)
def test_cast_is_monotone_while_it_saturates(case, rounding):
    source, target, codes = case
    for overflow in (Overflow.SAT, Overflow.SAT_SYM):
        result = cast(np.array(sorted(codes), np.int64), source.frac, target, rounding, overflow)
        assert np.all(np.diff(result) >= 0)


@given(st.data(), roundings, overflows)
def test_cast_with_types_per_element(data, rounding, overflow):
    targets = [data.draw(WIDE) for _ in range(3)]
    array = FixedTypeArray(targets[0].signed, [t.width for t in targets], [t.frac for t in targets])
    source = [data.draw(WIDE) for _ in range(3)]
    codes = [[data.draw(codes_of(t)) for t in source] for _ in range(2)]
    fracs = np.array([t.frac for t in source])
    got = cast(np.array(codes, np.int64), fracs, array, rounding, overflow)
    for row, result in zip(codes, got.tolist(), strict=True):
        for code, frac, width, to_frac, one in zip(row, fracs, array.width, array.frac, result, strict=True):
            to = FixedType(array.signed, width, to_frac)
            assert one == reference.cast(reference.value(code, int(frac)), to, rounding, overflow)


@given(casts(), roundings)
def test_rescale(case, rounding):
    source, target, codes = case
    got = rescale(np.array(codes, np.int64), source.frac, target.frac, rounding)
    for code, one in zip(codes, got.tolist(), strict=True):
        exact = reference.rounded(reference.value(code, source.frac - target.frac), rounding)
        if abs(exact) < 2**63:
            assert one == exact
        else:
            assert one == (2**63 - 1 if exact > 0 else -(2**63))


@given(casts(), roundings)
def test_outside(case, rounding):
    source, target, codes = case
    got = outside(np.array(codes, np.int64), source.frac, target, rounding)
    for code, one in zip(codes, got.tolist(), strict=True):
        exact = reference.rounded(reference.value(code, source.frac - target.frac), rounding)
        assert one == (not target.lo <= exact <= target.hi)


@given(fixed_types(1, MAX_WIDTH, -40, 40), st.integers(0, 70), st.data())
def test_align(source, more, data):
    codes = data.draw(st.lists(codes_of(source), min_size=1, max_size=8))
    exact = [code << more for code in codes]
    if all(abs(code) < 2**63 for code in exact):
        assert align(np.array(codes, np.int64), source.frac, source.frac + more).tolist() == exact
    else:
        with pytest.raises(EdgemlError, match="more than 63 bits"):
            align(np.array(codes, np.int64), source.frac, source.frac + more)


def test_align_per_element():
    assert align(np.array([[3, -2], [0, 1]]), np.array([1, 4]), 4).tolist() == [[24, -2], [0, 1]]
    with pytest.raises(EdgemlError, match="63 bits"):
        align(np.array([[3, -2]]), np.array([-61, 4]), 4)
    assert align(np.array([[0, -2]]), np.array([-61, 4]), 4).tolist() == [[0, -2]]


finite = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def floats_near(draw, to):
    """Floats of every size, and floats at or beside ties and ends of the range of `to`."""
    if draw(st.booleans()):
        return draw(finite)
    code = draw(st.one_of(codes_of(to), st.sampled_from([to.lo - 1, to.hi + 1, 2 * to.hi + 3])))
    quarter = draw(st.sampled_from([0.0, 0.25, 0.5, 0.75]))
    x = np.ldexp(float(code) + quarter, -to.frac)
    return float(draw(st.sampled_from([x, np.nextafter(x, np.inf), np.nextafter(x, -np.inf)])))


@given(fixed_types(1, MAX_WIDTH, -960, 960), roundings, overflows, st.data())
def test_quantize(to, rounding, overflow, data):
    xs = data.draw(st.lists(floats_near(to), min_size=1, max_size=8))
    expected = [reference.cast(Fraction(x), to, rounding, overflow) for x in xs]
    assert quantize(xs, to, rounding, overflow).tolist() == expected


@pytest.mark.parametrize("overflow", Overflow)
@pytest.mark.parametrize("rounding", Round)
def test_quantize_the_ends_of_float64(rounding, overflow):
    """Scaling by 2^frac must neither overflow nor underflow: a tiny negative number still rounds down."""
    xs = [5e-324, -5e-324, 1.7e308, -1.7e308, 2.0**63, -(2.0**63), 2.0**62, -(2.0**62), 0.0, -0.0]
    for to in (FixedType(s, w, f) for s in (True, False) for w in (1, 62, 63) for f in (-960, -1, 0, 1, 960)):
        expected = [reference.cast(Fraction(x), to, rounding, overflow) for x in xs]
        assert quantize(xs, to, rounding, overflow).tolist() == expected, to


@pytest.mark.parametrize("x", [np.nan, np.inf, -np.inf])
def test_quantize_refuses(x):
    with pytest.raises(EdgemlError, match="1 of 2 values are NaN or infinite"):
        quantize([x, 1.0], FixedType(True, 8, 0), Round.TRN, Overflow.SAT)


@given(fixed_types(1, 53, -900, 900), st.data())
def test_to_float_and_back(type, data):
    codes = data.draw(st.lists(codes_of(type), min_size=1, max_size=8))
    floats = to_float(np.array(codes, np.int64), type.frac)
    assert [Fraction(x) for x in floats.tolist()] == [reference.value(code, type.frac) for code in codes]
    for rounding in Round:
        assert quantize(floats, type, rounding, Overflow.WRAP).tolist() == codes


def test_symmetric_lo():
    array = FixedTypeArray(True, [1, 2, 8], 0)
    assert np.asarray(symmetric_lo(array)).tolist() == [-1, -1, -127]
    assert symmetric_lo(FixedType(False, 8, 0)) == 0
    assert symmetric_lo(FixedType(True, 8, 3)) == -127
    assert symmetric_lo(FixedType(True, 1, 0)) == -1
