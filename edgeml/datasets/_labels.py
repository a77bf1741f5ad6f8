"""Labels of files (whole numbers, text, booleans or one-hot rows) as integers from 0.

Invariant: the value of a label decides its class, never its notation: "0.0", "1e0" and 1 are numbers and
are sorted as such. A missing label, one that is no class, and numbers that look like a measured quantity are
refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

import numpy as np

from edgeml.datasets._base import Array
from edgeml.errors import EdgemlError

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
"""A number as text; powers of ten are limited so that no text of ten characters is a number of a billion."""

_MISSING = frozenset(("", "?", "na", "n/a", "#n/a", "nan", "-nan", "<na>", "null"))
_LONGEST_NAME = 200
_FEW = 20  # this many different whole numbers are always classes
_MANY = 1000  # this many are classes only if they count from 0 or 1 and each has at least `_FEW` samples
_REGRESSION = "numbers to be predicted? Set data.task=regression"


def is_missing(text: str) -> bool:
    """True for a field that stands for a missing value.

    >>> [text for text in ("0", "NaN", " ", "NA", "none") if is_missing(text)]
    ['NaN', ' ', 'NA']
    """
    return text.strip().lower() in _MISSING


def encode(
    labels: Sequence[Array], class_names: Sequence[str] | None, where: str, max_classes: int | None = None
) -> tuple[list[Array], tuple[str, ...]]:
    """Labels as integers from 0, and the class names.

    Args:
        labels: one array per part, all of one kind.
        class_names: names of the labels 0, 1, ..., if the file has them.
        where: the file, for messages.
        max_classes: up to so many whole numbers are classes, whatever they look like.

    Raises:
        EdgemlError: labels that are not classes, or that lie outside `class_names`.

    >>> codes, names = encode([np.array(["10", "9.0", "1e1"])], None, "")
    >>> codes[0].tolist(), names
    ([1, 0, 1], ('9', '10'))
    """
    distinct = [_distinct(part, where) for part in labels]
    keys = whole_or_text({value for values, _ in distinct for value in values}, where)
    numbers = sorted(key for key in set(keys.values()) if isinstance(key, int))
    texts = sorted(key for key in set(keys.values()) if isinstance(key, str))
    if class_names is None:
        _check_quantity(numbers, sum(len(codes) for _, codes in distinct), max_classes, where)
        index: dict[int | str, int] = {key: number for number, key in enumerate([*numbers, *texts])}
        names = check_names(index, where)
    else:
        names = check_names(class_names, where)
        if texts:
            what = "class_names is given but the labels are not numbers"
            raise EdgemlError(what, where, "leave class_names out")
        if numbers[0] < 0 or numbers[-1] >= len(names):
            what = f"labels from {numbers[0]} to {numbers[-1]} but {len(names)} class names"
            raise EdgemlError(what, where, f"labels are whole numbers from 0 to {len(names) - 1}")
        index = {key: key for key in numbers}
    return [
        np.array([index[keys[value]] for value in values], np.int64)[codes] for values, codes in distinct
    ], names


def about(names: Sequence[str]) -> str:
    """A note about whole numbers that were taken as classes; empty if they count from 0 or 1."""
    if not all(NUMBER.fullmatch(name) for name in names):
        return ""
    numbers = [int(name) for name in names]
    if numbers[0] in (0, 1) and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
        return ""
    return f"the labels are whole numbers from {numbers[0]} to {numbers[-1]}, taken as {len(names)} classes"


def check_names(names: Iterable[object], where: str) -> tuple[str, ...]:
    """Class names as text.

    Raises:
        EdgemlError: two are equal, or one is empty, very long or holds control characters.
    """
    texts = tuple(str(name) for name in names)
    earlier: set[str] = set()
    for name in texts:
        if name in earlier:
            raise EdgemlError(f"two classes are called {name!r:.60}", where, "give each its own name")
        earlier.add(name)
        if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
            raise EdgemlError(
                f"{name[:40]!r} of {len(name)} characters is no class name",
                where,
                f"names are 1 to {_LONGEST_NAME} characters, without control characters",
            )
    return texts


def whole_or_text(values: Iterable[int | str], where: str) -> dict[int | str, int | str]:
    """Every distinct label with its value: a whole number if all are numbers, else text without blanks.

    Raises:
        EdgemlError: one is missing, or numbers that are not whole.
    """
    items = list(values)
    texts = [value for value in items if isinstance(value, str)]
    if not texts:
        return {value: value for value in items}
    if len(texts) < len(items):
        raise EdgemlError("labels of one part are text, of another numbers", where, "write all alike")
    missing = sorted({text for text in texts if is_missing(text)})
    if missing:
        raise EdgemlError(f"a label is missing: {missing[0]!r}", where, "drop those samples")
    if not all(NUMBER.fullmatch(text.strip()) for text in texts):
        return {text: text.strip() for text in texts}
    numbers = {text: Decimal(text.strip()) for text in texts}
    broken = next((text for text, number in numbers.items() if number != number.to_integral_value()), None)
    if broken is not None:
        raise EdgemlError(f"labels are not whole numbers: {broken.strip():.40}", where, _REGRESSION)
    return {text: int(number) for text, number in numbers.items()}


def _distinct(labels: Array, where: str) -> tuple[list[int | str], Array]:
    """The distinct labels of one part, and for every sample the position of its own."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2 and labels.dtype.kind in "biuf":
        if not (((labels == 0) | (labels == 1)).all() and (labels.sum(axis=1) == 1).all()):
            raise EdgemlError(
                f"labels of shape {labels.shape} are not one-hot", where, "give one label per sample"
            )
        labels = labels.argmax(axis=1)
    if labels.ndim != 1 or not labels.size:
        raise EdgemlError(f"labels have shape {labels.shape}, expected (samples,)", where)
    if labels.dtype.kind not in "biufU":
        raise EdgemlError(f"labels are {labels.dtype}, expected whole numbers or text", where)
    values, codes = np.unique(labels, return_inverse=True)
    if labels.dtype.kind == "f" and (not np.isfinite(values).all() or (values != np.round(values)).any()):
        raise EdgemlError("labels are not whole numbers", where, _REGRESSION)
    if labels.dtype.kind == "U":
        return [str(value) for value in values], codes
    return [int(value) for value in values], codes


def _check_quantity(order: list[int], samples: int, max_classes: int | None, where: str) -> None:
    """Refuse whole numbers that look like something measured or counted."""
    if len(order) <= (max_classes or _FEW):
        return
    counts = order[0] in (0, 1) and order[-1] - order[0] == len(order) - 1
    if max_classes is None and counts and len(order) <= _MANY and samples >= _FEW * len(order):
        return
    raise EdgemlError(
        f"the labels are {len(order)} different whole numbers from {order[0]} to {order[-1]}, which looks "
        "like a quantity and not like classes",
        where,
        f"{_REGRESSION}; if these are classes, set data.max_classes={len(order)}",
    )
