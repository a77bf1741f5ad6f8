"""Scalings of tables that are more than a shift and a factor: logarithm, quantiles, whitening.

Each has a formula in float64 with a stated order of operations, so that a function in C gives the same
float32; scikit-learn fits the numbers (QuantileTransformer, PCA).

- `logarithm`: sign(x) * log1p(|x|), rounded to float32; the affine scaling follows.
- `interpolated`: the share of training data below x, linear between `knots`, 0 and 1 beyond them; of a
  value that is several knots the middle of their shares, as in scikit-learn's QuantileTransformer.
- `whitened`: the sum over features of x * matrix, added in the order of the features, rounded to float32.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml import install
from edgeml.datasets._base import Array
from edgeml.errors import EdgemlError, MissingToolError

MOST_KNOTS = 256
_LEAST_SHARE = 1e-10  # of the largest variance; a direction with less has no data in it


def logarithm(x: Array) -> Array:
    """The logarithm with the sign of x, float32.

    >>> logarithm(np.array([0.0, -1.0])).tolist()
    [0.0, -0.6931471824645996]
    """
    wide = x.astype(np.float64)
    return (np.sign(wide) * np.log1p(np.abs(wide))).astype(np.float32)


def quantile_knots(x: Array, where: str) -> Array:
    """The quantiles of every feature, float64, shape (knots, features), rising; repeated values are NaN.

    Args:
        x: training data, shape (n, features).
        where: for messages.

    Raises:
        MissingToolError: scikit-learn is not installed.
    """
    preprocessing = _sklearn("preprocessing", where)
    count = min(MOST_KNOTS, len(x))
    fitted = preprocessing.QuantileTransformer(n_quantiles=count, subsample=None).fit(x)
    return np.asarray(fitted.quantiles_, np.float64)


def interpolated(x: Array, knots: Array) -> Array:
    """The share of training data below x by feature, float32, the shape of x.

    Args:
        x: shape (..., features).
        knots: as `quantile_knots` gives them.

    The least and the largest knot are 0 and 1, however often they stand there.

    >>> interpolated(np.array([[0.0], [2.5], [9.0]]), np.array([[0.0], [2.0], [4.0]])).ravel().tolist()
    [0.0, 0.625, 1.0]
    >>> interpolated(np.array([[1.0]]), np.array([[0.0], [1.0], [1.0], [1.0], [5.0]])).ravel().tolist()
    [0.5]
    """
    wide = x.astype(np.float64)
    result = np.empty(x.shape, np.float32)
    last = len(knots) - 1
    for feature in range(x.shape[-1]):
        column, values = knots[:, feature], wide[..., feature]
        if last == 0:
            result[..., feature] = (values > column[0]).astype(np.float32)
            continue
        first, beyond = (np.searchsorted(column, values, side=side) for side in ("left", "right"))
        below = np.clip(beyond - 1, 0, last - 1)
        low, high = column[below], column[below + 1]
        part = (values - low) / np.where(high > low, high - low, 1.0)
        place = np.where(first < beyond, (first + beyond - 1) * 0.5, below + part)
        share = np.where(values <= column[0], 0.0, np.where(values >= column[last], 1.0, place / last))
        result[..., feature] = share.astype(np.float32)
    return result


def whitening(x: Array, where: str) -> Array:
    """The matrix that decorrelates features of mean 0 and gives each direction variance 1.

    Args:
        x: training data of mean 0, shape (n, features).
        where: for messages.

    Returns:
        float64, shape (features, directions); directions without data are left out.

    Raises:
        EdgemlError: there are fewer samples than features, or no feature spreads.
        MissingToolError: scikit-learn is not installed.
    """
    if len(x) <= x.shape[1]:
        raise EdgemlError(
            f"{len(x)} training samples for {x.shape[1]} features", where, "give more samples than features"
        )
    if not x.any():
        raise EdgemlError("no feature spreads", where, "leave the scaling out")
    fitted = _sklearn("decomposition", where).PCA(svd_solver="covariance_eigh").fit(x.astype(np.float64))
    variance = np.asarray(fitted.explained_variance_, np.float64)
    varying = variance > _LEAST_SHARE * variance.max()
    components = np.asarray(fitted.components_, np.float64)[varying]
    return np.ascontiguousarray((components / np.sqrt(variance[varying])[:, None]).T)


def whitened(x: Array, matrix: Array) -> Array:
    """x times the matrix, float32, shape (..., directions)."""
    wide = x.astype(np.float64)
    total = np.zeros((*x.shape[:-1], matrix.shape[1]))
    for feature in range(matrix.shape[0]):  # one after the other: the order of a loop in C
        total += wide[..., feature : feature + 1] * matrix[feature]
    return total.astype(np.float32)


def _sklearn(module: str, where: str) -> Any:
    try:
        import sklearn.decomposition
        import sklearn.preprocessing
    except ImportError as error:
        raise MissingToolError(
            "scikit-learn is not installed; it fits scalings", where, install.command("data")
        ) from error
    return getattr(sklearn, module)
