"""Calibration methods: the contract of all, and what each chooses."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.ptq import methods
from edgeml.ptq.histogram import TensorHistogram
from edgeml.ptq.steps import TensorType, fitting_frac

NORMAL = np.random.default_rng(0).normal(size=20_000)
HEAVY = np.concatenate([NORMAL, [60.0, -45.0]])


@pytest.mark.parametrize("name", methods.names())
@pytest.mark.parametrize("bits", [2, 4, 8, 12])
@pytest.mark.parametrize("values", [NORMAL, HEAVY, np.abs(NORMAL), np.zeros(5), np.full(5, 3.0)])
def test_every_method_stays_near_the_place_where_all_fits(name: str, bits: int, values: np.ndarray) -> None:
    histogram = TensorHistogram.of(values)
    signed = histogram.low < 0
    frac = methods.load(name).choose(histogram, bits, signed)
    fitting = fitting_frac(histogram.low, histogram.high, bits, signed)
    assert fitting <= frac <= fitting + methods.REACH
    if histogram.low == histogram.high:
        rounded = TensorType(bits, signed, (frac,)).rounded(values)
        assert np.all(rounded == values) or bits == 2


def chosen(name: str, values: np.ndarray, bits: int) -> int:
    return methods.load(name).choose(TensorHistogram.of(values), bits, True)


def test_minmax_saturates_nothing() -> None:
    frac = chosen("minmax", HEAVY, 8)
    assert frac == 1
    assert np.abs(np.rint(HEAVY * 2.0**frac)).max() <= 127
    assert np.abs(np.rint(HEAVY * 2.0 ** (frac + 1))).max() > 128


def test_the_others_leave_outliers_outside() -> None:
    assert chosen("percentile", HEAVY, 8) == 5  # 4.0 at most, but for two of 20,002 values
    assert chosen("mse", HEAVY, 4) > chosen("minmax", HEAVY, 4)
    assert chosen("entropy", HEAVY, 8) > chosen("minmax", HEAVY, 8)


@pytest.mark.parametrize("bits", [3, 4, 6])
def test_mse_has_the_least_error_of_all_places(bits: int) -> None:
    def error(frac: int) -> float:
        return float(np.mean((TensorType(bits, True, (frac,)).rounded(NORMAL) - NORMAL) ** 2))

    best = chosen("mse", NORMAL, bits)
    assert error(best) <= min(error(best - 1), error(best + 1)) * 1.001


def test_a_quantile_is_a_value_below_which_a_share_lies() -> None:
    histogram = TensorHistogram.of(np.linspace(0, 1, 4097))
    assert histogram.quantile(0.25) == pytest.approx(0.25, abs=1e-3)
    assert histogram.quantile(1.0) == pytest.approx(1.0)
