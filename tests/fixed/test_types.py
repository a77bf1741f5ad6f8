"""FixedType, FixedTypeArray, cover and int_array: limits, ranges, text and equality."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeml.errors import EdgemlError
from edgeml.fixed import MAX_WIDTH, FixedType, FixedTypeArray, cover, int_array, to_float
from tests.strategies import fixed_type_arrays, fixed_types

any_type = fixed_types(1, MAX_WIDTH, -960, 960)


@given(any_type)
def test_range_is_two_to_the_width(type):
    assert type.hi - type.lo + 1 == 2**type.width
    assert type.lo == (-(2 ** (type.width - 1)) if type.signed else 0)
    assert type.lo >= -(2**63)
    assert type.hi < 2**63


@given(any_type)
def test_text_parses_back(type):
    assert FixedType.parse(str(type)) == type
    assert FixedType.parse(f" ap_{type} ") == type
    assert type.integer + type.frac == type.width


@given(any_type)
def test_values_stay_finite(type):
    ends = to_float(np.array([type.lo, type.hi]), type.frac)
    assert np.all(np.isfinite(ends))
    assert (ends[1] > 0) == (type.hi > 0)
    assert type.lsb == 2.0**-type.frac


@pytest.mark.parametrize("width", [0, -1, 64, 10**6])
def test_width_out_of_reach(width):
    with pytest.raises(EdgemlError, match=f"width of {width} bits"):
        FixedType(True, width, 0)


@pytest.mark.parametrize("frac", [-961, 961])
def test_frac_out_of_reach(frac):
    with pytest.raises(EdgemlError, match="out of reach"):
        FixedType(True, 8, frac)


@pytest.mark.parametrize(("width", "frac"), [(8.0, 0), (8, 0.5), ("8", 0), (None, 0)])
def test_fields_must_be_whole(width, frac):
    with pytest.raises(EdgemlError, match="no whole number"):
        FixedType(True, width, frac)


def test_numpy_integers_become_ints():
    """Otherwise 1 << numpy.int64(63) overflows and the range of ufixed<63> is wrong."""
    fields: list[Any] = [np.bool_(False), np.int64(63), np.int8(3)]
    type = FixedType(*fields)
    assert (type.lo, type.hi) == (0, 2**63 - 1)
    assert type == FixedType(False, 63, 3)
    assert isinstance(type.width, int)
    assert isinstance(type.signed, bool)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fixed",
        "fixed<8>",
        "fixed<8,2",
        "int<8,2>",
        "fixed<8,2>x",
        "fixed<" + "9" * 5000 + ",1>",
        "fixed<٤,٢>",
    ],
)
def test_text_that_is_no_type(text):
    with pytest.raises(EdgemlError, match="is not a fixed-point type"):
        FixedType.parse(text)


class TestArray:
    @given(st.data(), st.sampled_from([(3,), (2, 3), (2, 1, 3), ()]))
    def test_elements_are_types(self, data, shape):
        array = data.draw(fixed_type_arrays(shape, MAX_WIDTH))
        assert array.width.shape == array.frac.shape == array.lo.shape == array.hi.shape
        for width, frac, lo, hi, integer in zip(
            *(part.ravel() for part in (array.width, array.frac, array.lo, array.hi, array.integer)),
            strict=True,
        ):
            one = FixedType(array.signed, width, frac)
            assert (lo, hi, integer) == (one.lo, one.hi, one.integer)

    @given(fixed_type_arrays((2, 3), 30))
    def test_covering_holds_every_element(self, array):
        one = array.covering()
        assert one.signed == array.signed
        for width, frac in zip(array.width.ravel(), array.frac.ravel(), strict=True):
            element = FixedType(array.signed, width, frac)
            assert one.frac >= frac
            assert one.lo <= element.lo << (one.frac - int(frac))
            assert element.hi << (one.frac - int(frac)) <= one.hi

    def test_covering_too_wide(self):
        with pytest.raises(EdgemlError, match="80 bits"):
            FixedTypeArray(True, [40, 40], [0, 40]).covering()

    @given(fixed_type_arrays((2, 3)))
    def test_equal_to_its_copy(self, array):
        copy = FixedTypeArray(array.signed, array.width.copy(), array.frac.copy())
        assert copy == array
        assert hash(copy) == hash(array)
        assert array != FixedTypeArray(not array.signed, array.width, array.frac)
        assert array != FixedTypeArray(array.signed, array.width, array.frac + 1)
        assert array != "fixed"

    def test_is_frozen(self):
        width = np.array([3, 4])
        array = FixedTypeArray(True, width, 1)
        width[0] = 9
        assert array.width.tolist() == [3, 4]
        with pytest.raises(ValueError, match="read-only"):
            array.width[0] = 9
        with pytest.raises(ValueError, match="read-only"):
            array.frac[0] = 9

    @pytest.mark.parametrize(
        ("width", "frac", "message"),
        [
            ([3, 64], 0, "width of 64"),
            ([0, 3], 0, "width of 0"),
            ([3, 4], [0, 961], "961"),
            ([3, 4], [-961, 0], "-961"),
            ([3, 4], [1, 2, 3], "different shapes"),
            ([3.5, 4], 0, "whole numbers"),
            ([], [], "no element"),
            ([[3], [4, 5]], 0, "different lengths"),
        ],
    )
    def test_refusals(self, width, frac, message):
        with pytest.raises(EdgemlError, match=message):
            FixedTypeArray(True, width, frac)

    def test_text_gives_spans(self):
        assert str(FixedTypeArray(False, [3, 8], [1, 1])) == "ufixed<3..8,2..7>"
        assert str(FixedTypeArray(True, [4, 4], [1, 1])) == "fixed<4,3>"


@given(st.integers(-(2**62), 2**62 - 1), st.integers(-(2**62), 2**62 - 1), st.integers(-50, 50))
def test_cover_is_the_narrowest(a, b, frac):
    lo, hi = sorted((a, b))
    type = cover(lo, hi, frac)
    assert type.frac == frac
    assert type.signed == (lo < 0)
    assert type.lo <= lo
    assert hi <= type.hi
    if type.width > 1:
        narrower = FixedType(type.signed, type.width - 1, frac)
        assert lo < narrower.lo or hi > narrower.hi


@pytest.mark.parametrize(("lo", "hi"), [(-(2**62) - 1, 0), (-1, 2**62), (0, 2**63)])
def test_cover_too_wide(lo, hi):
    with pytest.raises(EdgemlError, match="width of 64 bits"):
        cover(lo, hi, 0)


def test_cover_of_nothing():
    with pytest.raises(EdgemlError, match="empty range"):
        cover(1, 0, 0)


class TestIntArray:
    @pytest.mark.parametrize(
        "values", [[1, 2], [1.0, -2.0], [True, False], np.array([3], np.uint64), [], 2**63 - 1, -(2**63)]
    )
    def test_whole_numbers(self, values):
        array = int_array(values, "codes")
        assert array.dtype == np.int64
        assert array.tolist() == np.asarray(values).tolist()
        assert not array.flags.writeable

    @pytest.mark.parametrize(
        "values",
        [
            [1.5],
            [np.nan],
            [np.inf],
            [2.0**63],
            [2**63],
            [2**70],
            np.array([2**64 - 1], np.uint64),
            ["1"],
            [None],
            1j,
        ],
        ids=str,
    )
    def test_anything_else(self, values):
        with pytest.raises(EdgemlError, match="whole numbers within 64 bits"):
            int_array(values, "codes")

    def test_ragged(self):
        with pytest.raises(EdgemlError, match="codes: rows of different lengths"):
            int_array([[1], [2, 3]], "codes")
