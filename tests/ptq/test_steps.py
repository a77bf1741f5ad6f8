"""Types of tensors: codes, ends, and the place where everything fits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeml.ptq.steps import TensorType, fitting_frac


def test_rounding_is_half_to_even_and_saturates() -> None:
    kind = TensorType(4, True, (1,))
    assert kind.rounded(np.array([0.25, 0.75, -0.25, 9, -9])).tolist() == [0.0, 1.0, -0.0, 3.5, -4.0]
    assert TensorType(3, False, (0,)).codes(np.array([-1, 0.5, 1.5, 8])).tolist() == [0, 0, 2, 7]


def test_fractional_bits_per_channel_lie_along_their_axis() -> None:
    kind = TensorType(8, True, (0, 2), axis=1)
    assert kind.rounded(np.array([[0.3, 0.3], [0.6, 0.6]])).tolist() == [[0.0, 0.25], [1.0, 0.5]]
    assert str(kind) == "fixed<8,6..8>"
    assert str(TensorType(8, False, (8,))) == "ufixed<8,0>"


@given(st.floats(-1e6, 0), st.floats(1e-6, 1e6), st.integers(2, 16))
def test_the_fitting_place_is_the_last_one(low: float, high: float, bits: int) -> None:
    frac = fitting_frac(low, high, bits, True)
    most, least = (1 << (bits - 1)) - 1, -(1 << (bits - 1))

    def fits(place: int) -> bool:
        return bool(np.rint(high * 2.0**place) <= most and np.rint(low * 2.0**place) >= least)

    assert fits(frac)
    assert not fits(frac + 1)


@pytest.mark.parametrize("bits", [2, 8])
def test_a_tensor_of_zeros_has_a_type(bits: int) -> None:
    assert fitting_frac(0.0, 0.0, bits, True) == bits - 1
