"""Scalings with a table: logarithm, quantiles, whitening; fitted on the training part, kept to the bit."""

from __future__ import annotations

import json

import numpy as np
import pytest

from edgeml.datasets import Kind, Scaling
from edgeml.datasets._scaling import TABLES
from edgeml.errors import EdgemlError

RNG = np.random.default_rng(5)
X = (RNG.normal(size=(400, 3)) @ [[2, 1, 0], [0, 1, 0], [0, 0, 50]] + [0, 7, 0]).astype(np.float32)
LARGE = np.exp(RNG.normal(0, 4, (300, 2))) * [1, -1]


@pytest.mark.parametrize("kind", TABLES)
def test_it_is_the_same_after_json_and_a_copy_of_its_table(kind: Kind) -> None:
    scaling = Scaling.fit(kind, X)
    assert scaling.table is not None
    again = Scaling.from_dict(json.loads(json.dumps(scaling.to_dict())), table=scaling.table.copy())
    assert again.apply(X).tobytes() == scaling.apply(X).tobytes()
    assert again.table_digest == scaling.table_digest != ""
    with pytest.raises(EdgemlError, match="lacks its table"):
        Scaling.from_dict(scaling.to_dict())
    with pytest.raises(EdgemlError, match="for 3 features"):
        Scaling.from_dict(scaling.to_dict(), table=scaling.table[:2, :2] if kind != "log" else X)


def test_a_logarithm_tames_nine_decades_and_keeps_the_sign() -> None:
    scaled = Scaling.fit("log", LARGE).apply(LARGE)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.std(axis=0), 1, rtol=1e-5)
    order = np.argsort(LARGE[:, 1])
    assert (np.diff(scaled[order, 1]) >= 0).all()


def test_quantiles_agree_with_scikit_learn() -> None:
    from sklearn.preprocessing import QuantileTransformer

    scaling = Scaling.fit("quantile", X)
    theirs = QuantileTransformer(n_quantiles=256, subsample=None)  # pyright: ignore[reportArgumentType]  # None: all
    theirs.fit(X.astype(np.float64))
    between = X[:50] * 0.7
    np.testing.assert_allclose(scaling.apply(between), np.asarray(theirs.transform(between)), atol=1e-6)
    assert scaling.apply(X * 100).min() == 0
    assert scaling.apply(X * 100).max() == 1


@pytest.mark.parametrize("rows", [1, 2, 40, 900])
def test_quantiles_of_repeated_values_are_those_of_scikit_learn(rows: int) -> None:
    """A column that is mostly zero, one of few steps, a constant one."""
    from sklearn.preprocessing import QuantileTransformer

    rng = np.random.default_rng(rows)
    kept = np.maximum(rng.normal(size=rows), 0)
    columns = [rng.poisson(0.2, rows), rng.integers(0, 4, rows), np.ones(rows), kept, -kept]
    x = np.column_stack(columns).astype(np.float32)
    theirs = QuantileTransformer(n_quantiles=min(256, rows), subsample=None)  # pyright: ignore[reportArgumentType]
    theirs.fit(x.astype(np.float64))
    tried = np.concatenate([x, x + 0.25, x - 0.5])
    if rows == 1:  # a single knot, for which scikit-learn has no stated value
        tried = x
    np.testing.assert_allclose(
        Scaling.fit("quantile", x).apply(tried), np.asarray(theirs.transform(tried)), atol=1e-6
    )


def test_whitening_agrees_with_scikit_learn_and_leaves_no_correlation() -> None:
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    scaled = Scaling.fit("pca", X).apply(X)
    np.testing.assert_allclose(np.cov(scaled.T), np.eye(3), atol=1e-4)
    standard = StandardScaler().fit_transform(X.astype(np.float64))
    theirs = PCA(whiten=True).fit_transform(standard)
    np.testing.assert_allclose(np.abs(scaled), np.abs(theirs), atol=2e-3)


def test_whitening_drops_directions_without_data() -> None:
    doubled = np.hstack([X, X[:, :1]])
    scaling = Scaling.fit("pca", doubled)
    assert scaling.apply(doubled).shape == (400, 3)
    assert scaling.features == 3
    with pytest.raises(EdgemlError, match="4 training samples for 4 features"):
        Scaling.fit("pca", doubled[:4])
    with pytest.raises(EdgemlError, match="no feature spreads"):
        Scaling.fit("pca", np.ones((9, 2)))


@pytest.mark.parametrize("kind", ["unit", "standard", "minmax", "robust", "log", "quantile"])
def test_features_that_stay(kind: Kind) -> None:
    x = np.hstack([X, (X[:, :1] > 0)])
    scaled = Scaling.fit(kind, x, 256, np.array([False, False, False, True])).apply(x)
    np.testing.assert_array_equal(scaled[:, 3], x[:, 3])
    np.testing.assert_array_equal(scaled[:, :3], Scaling.fit(kind, X, 256).apply(X))
