"""Training, validation and test part of a data set whose publisher gives fewer.

Stated once, here: nothing given: 60 % / 20 % / 20 %; a test part given: 10 % of the training part becomes
the validation part. Both stratified by class and seeded (scikit-learn's `train_test_split`). The parts that
the publisher gives are never changed.
"""

from __future__ import annotations

import numpy as np

from edgeml import install
from edgeml.datasets._base import Raw, Split
from edgeml.errors import EdgemlError, MissingToolError

HELD_OUT = 0.4  # of everything, when nothing is given; half of it validation, half test
VALIDATION = 0.1  # of the training part, when a test part is given

_REMEDY = "add samples, drop the class, or give the parts yourself (x_train, y_train, x_val, ... in .npz)"


def split(raw: Raw, seed: int, where: str) -> tuple[Split, Split, Split, str]:
    """The training, validation and test part, and one sentence about the split.

    Args:
        raw: the arrays as published.
        seed: seeds the shuffle; equal seeds give equal parts.
        where: the data set or file, for messages.

    Raises:
        EdgemlError: a class has too few samples to be in every part.
        MissingToolError: scikit-learn is not installed.
    """
    if raw.val is None:
        _check_counts(raw, 4 if raw.test is None else 2, where)
    if raw.test is None:
        train, rest = _halves(raw.train, HELD_OUT, seed, where)
        val, test = _halves(rest, 0.5, seed, where)
        return train, val, test, f"split 60/20/20, stratified, seed {seed}"
    if raw.val is None:
        train, val = _halves(raw.train, VALIDATION, seed, where)
        return train, val, raw.test, f"validation: 10 % of the training part, stratified, seed {seed}"
    return raw.train, raw.val, raw.test, "split as published"


def _check_counts(raw: Raw, least: int, where: str) -> None:
    """Refuse classes of fewer samples than a stratified split needs."""
    counts = np.bincount(raw.train.y)
    rarest = int(np.argmin(np.where(counts > 0, counts, len(raw.train.y))))
    if counts[rarest] < least:
        what = "cannot be split with every class in every part: "
        what += f"class {raw.classes[rarest]!r} has {counts[rarest]} samples, and {least} are needed"
        raise EdgemlError(what.replace(" 1 samples", " 1 sample"), where, _REMEDY)


def _halves(part: Split, fraction: float, seed: int, where: str) -> tuple[Split, Split]:
    try:
        from sklearn.model_selection import train_test_split
    except ImportError as error:
        raise MissingToolError(
            "scikit-learn is not installed; it splits data sets", where, install.command("data")
        ) from error
    rows = np.arange(len(part.y))
    try:
        first, second = train_test_split(rows, test_size=fraction, stratify=part.y, random_state=seed)
    except ValueError as error:
        raise EdgemlError(
            f"cannot be split with every class in every part: {error}",
            where,
            _REMEDY,
        ) from error
    return Split(part.x[first], part.y[first]), Split(part.x[second], part.y[second])
