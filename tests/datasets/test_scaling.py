"""Scaling: right statistics, from the training part alone, the same float32 numbers after JSON and TOML."""

from __future__ import annotations

import json
import tomllib
from typing import get_args

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
import tomli_w
from hypothesis import given

from edgeml.datasets import Kind, Scaling
from edgeml.datasets._scaling import TABLES
from edgeml.errors import EdgemlError

X = np.random.default_rng(0).normal([5, -100, 0.01], [2, 30, 0.001], (500, 3)).astype(np.float32)
KINDS = tuple(kind for kind in get_args(Kind) if kind not in ("source", *TABLES))
"""Kinds that are fitted ("source" is stated by a file), without those of `test_curves`."""

tables = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=4, max_side=6),
    elements=st.integers(-(2**23), 2**23).map(
        lambda n: n / 1024
    ),  # exact in float32, and so is every difference
)


@pytest.mark.parametrize(
    ("kind", "statistics"),
    [
        ("standard", lambda x: (x.mean(axis=0), x.std(axis=0), 0, 1)),
        ("minmax", lambda x: (x.min(axis=0), x.max(axis=0), 0, 1)),
        ("robust", lambda x: (np.median(x, axis=0), np.subtract(*np.percentile(x, [75, 25], axis=0)), 0, 1)),
    ],
)
def test_statistics_after_scaling(kind: Kind, statistics) -> None:
    scaled = Scaling.fit(kind, X).apply(X)
    assert scaled.dtype == np.float32
    centre, spread, expected_centre, expected_spread = statistics(scaled.astype(np.float64))
    np.testing.assert_allclose(centre, expected_centre, atol=1e-4)
    np.testing.assert_allclose(spread, expected_spread, rtol=1e-4)


@pytest.mark.parametrize("kind", ["standard", "minmax", "robust"])
def test_agrees_with_scikit_learn(kind: Kind) -> None:
    from sklearn import preprocessing

    name = {"standard": "StandardScaler", "minmax": "MinMaxScaler", "robust": "RobustScaler"}[kind]
    theirs = getattr(preprocessing, name)().fit_transform(X.astype(np.float64))
    np.testing.assert_allclose(Scaling.fit(kind, X).apply(X), theirs, rtol=2e-4, atol=2e-5)


def test_unit_and_none() -> None:
    pixels = np.arange(256, dtype=np.uint8).reshape(-1, 1)
    np.testing.assert_array_equal(Scaling.fit("none", pixels).apply(pixels), pixels.astype(np.float32))
    np.testing.assert_array_equal(Scaling.fit("unit", pixels, 256).apply(pixels) * 256, pixels)
    assert Scaling.fit("unit", pixels).apply(pixels).max() == 1
    with pytest.raises(EdgemlError, match="cannot divide by 0"):
        Scaling.fit("unit", pixels, 0)


def test_images_are_scaled_per_channel() -> None:
    x = np.random.default_rng(1).integers(0, 256, (20, 8, 8, 3)).astype(np.float32) * [1, 2, 3]
    scaling = Scaling.fit("standard", x)
    assert scaling.offset.shape == (3,)
    np.testing.assert_allclose(scaling.apply(x).std(axis=(0, 1, 2)), 1, rtol=1e-3)


@given(tables, st.sampled_from(KINDS))
def test_finite_and_exactly_two_float32_operations(x: np.ndarray, kind: Kind) -> None:
    scaling = Scaling.fit(kind, x)
    scaled = scaling.apply(x)
    assert scaled.shape == x.shape
    assert np.isfinite(scaled).all()
    difference = np.subtract(x, scaling.offset, dtype=np.float32)
    np.testing.assert_array_equal(scaled, np.multiply(difference, scaling.scale, dtype=np.float32))


@given(tables, st.sampled_from(KINDS))
def test_json_and_toml_keep_every_bit(x: np.ndarray, kind: Kind) -> None:
    scaling = Scaling.fit(kind, x)
    for copy in (json.loads(json.dumps(scaling.to_dict())), tomllib.loads(tomli_w.dumps(scaling.to_dict()))):
        again = Scaling.from_dict(copy)
        assert again.kind == scaling.kind
        assert again.offset.tobytes() == scaling.offset.tobytes()
        assert again.scale.tobytes() == scaling.scale.tobytes()
        assert again.apply(x).tobytes() == scaling.apply(x).tobytes()


@pytest.mark.parametrize("kind", ["standard", "minmax", "robust"])
@pytest.mark.parametrize("value", [0.0, 0.1, -1e30, 3.4e38])
def test_constant_feature_becomes_zero(kind: Kind, value: float) -> None:
    x = np.column_stack([np.full(1000, value), np.arange(1000.0)])  # float64, whose mean rounds
    scaling = Scaling.fit(kind, x)
    assert (scaling.apply(x)[:, 0] == 0).all()
    assert scaling.scale[0] == 1


def test_test_part_does_not_move_the_fit() -> None:
    scaling = Scaling.fit("minmax", X)
    assert scaling.apply(X.max(axis=0, keepdims=True) * 10 + 1).max() > 1


def test_too_small_a_spread_is_refused() -> None:
    x = np.array([[0.0], [1e-44]], dtype=np.float32)
    with pytest.raises(EdgemlError, match="feature 0 spreads by"):
        Scaling.fit("minmax", x)


@pytest.mark.parametrize(
    "x",
    [np.zeros((4, 2)), np.zeros(3), np.zeros((4, 3, 5))],
    ids=["two features", "one sample without batch axis", "last axis"],
)
def test_other_shape_is_refused(x: np.ndarray) -> None:
    with pytest.raises(EdgemlError, match="fitted to 3 features, given data of shape"):
        Scaling.fit("standard", X).apply(x)


def test_not_finite_is_refused() -> None:
    bad = X.copy()
    bad[4, 1] = np.nan
    for call in (lambda: Scaling.fit("standard", bad), lambda: Scaling.fit("standard", X).apply(bad)):
        with pytest.raises(EdgemlError, match=r"column 1 .* has 1 missing.*sample 4"):
            call()


def test_overflow_is_refused() -> None:
    x = np.array([[-3e38], [3e38]], dtype=np.float32)
    with pytest.raises(EdgemlError, match="data after scaling minmax: column 0 .* has 1 missing, infinite"):
        Scaling.fit("minmax", x).apply(x)


def test_nothing_to_fit_to() -> None:
    with pytest.raises(EdgemlError, match=r"data of shape \(0, 3\)"):
        Scaling.fit("standard", X[:0])


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"kind": "stndard"}, "unknown scaling"),
        ({"offset": [1.0]}, r"offset has shape \(1,\), scale \(3,\)"),
        ({"scale": [1.0, "x", 2.0]}, "must be numbers"),
        ({"scale": [1.0, float("inf"), 2.0]}, "must be finite"),
        ({"offset": [[1.0]], "scale": [[1.0]]}, "must be finite numbers, one or one per feature"),
        ({"center": 3}, "expected kind, offset and scale"),
    ],
)
def test_bad_dictionary(change: dict, what: str) -> None:
    with pytest.raises(EdgemlError, match=what):
        Scaling.from_dict({**Scaling.fit("standard", X).to_dict(), **change})


def test_numbers_cannot_be_changed_later() -> None:
    scaling = Scaling.fit("standard", X)
    with pytest.raises(ValueError, match="read-only"):
        scaling.scale[0] = 2


def test_unknown_kind() -> None:
    with pytest.raises(EdgemlError, match="unknown scaling 'min-max'") as caught:
        Scaling.fit("min-max", X)  # type: ignore[arg-type]  # the wrong value is the test
    assert "minmax" in caught.value.hint


@pytest.mark.parametrize("constant", [1e60, 1e-60])
def test_a_constant_that_float32_cannot_divide_by_is_refused(constant: float) -> None:
    with pytest.raises(EdgemlError, match="scale of a scaling (is zero|must be finite)|must be finite"):
        Scaling.fit("unit", X, constant)
