"""Classes from the outputs of a model, and how many of them are right.

Invariant: a share has its 95 % interval.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.report.numbers import Number, absent, measured

_Z = 1.959963984540054
"""97.5 % quantile of the normal distribution: a two-sided 95 % interval."""

Labels = NDArray[np.int64]

NO_LABELS = "the data have no labels"
OTHER_TASK = "the task is "
"""The begin of the reason why outputs stand for no class."""


def predictions(values: Any, threshold: float = 0.0) -> Labels:
    """The class of each sample.

    Args:
        values: outputs (samples, classes), the largest wins and the first of equals; (samples, 1) or
            (samples,) of floats for two classes, class 1 above the threshold; integers of shape (samples,)
            are classes already (the output of an ArgMax).
        threshold: 0 for logits, 0.5 for probabilities.

    >>> predictions(np.array([[0.1, 2.0], [3.0, 3.0]])), predictions(np.array([[-1.0], [0.5]]))
    (array([1, 0]), array([0, 1]))
    """
    array = np.asarray(values)
    if array.ndim == 1 and array.dtype.kind in "iu":
        return array.astype(np.int64)
    flat = array.reshape(len(array), -1)
    if flat.shape[1] == 1:
        return (flat[:, 0] > threshold).astype(np.int64)
    return np.argmax(flat, axis=1).astype(np.int64)


def share(hits: int, total: int) -> Number:
    """hits / total with the 95 % Wilson score interval (Wilson 1927; Brown, Cai and DasGupta 2001).

    >>> share(98, 100).value
    0.98
    """
    if total == 0:
        return absent("no samples")
    p, z2 = hits / total, _Z * _Z
    center = (p + z2 / (2 * total)) / (1 + z2 / total)
    half = _Z / (1 + z2 / total) * math.sqrt(p * (1 - p) / total + z2 / (4 * total * total))
    # The ends are 0 and 1 exactly where no sample (or every one) hit; rounding would miss that.
    return measured(p, 0.0 if hits == 0 else center - half, 1.0 if hits == total else center + half)


def agreement(left: Labels | None, right: Labels | None, reason: str = "") -> Number:
    """The share of samples on which two predictions are equal, absent with `reason` if one is None."""
    if left is None or right is None:
        return absent(reason or "no predictions")
    same_length(left, right)
    return share(int(np.count_nonzero(left == right)), len(left))


def same_length(left: Labels, right: Labels) -> None:
    """Refuse two predictions of different shapes.

    Raises:
        EdgemlError: they differ in shape.
    """
    if left.shape != right.shape:
        raise EdgemlError(f"{left.shape} predictions against {right.shape}", "report")
