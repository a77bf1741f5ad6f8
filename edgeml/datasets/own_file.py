"""A user's own data: an .npz file or a .csv file with a label column.

.npz: `x` and `y`; or `x_train`, `y_train`, `x_test`, `y_test` and optionally `x_val`, `y_val`. Optionally
`feature_names` and `class_names`. Samples of any shape, first axis the samples. Other arrays are left alone.
.csv: a header line, then one sample per line, separated by commas, semicolons or tabs; every column but the
label column is a feature and holds numbers.

Labels are whole numbers, text, booleans or one-hot rows. They become 0, 1, ... in sorted order and their old
values become the class names, unless `class_names` says what 0, 1, ... are called.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edgeml.datasets.base import Array, Part, Raw
from edgeml.datasets.readers import read_npz
from edgeml.errors import EdgemlError, unknown_name
from edgeml.files import read_bytes

SUFFIXES = (".npz", ".csv")

_PARTS = ("train", "val", "test")
_USUAL_TARGETS = ("target", "label", "class", "y")


def load(path: Path, target: str | None = None) -> Raw:
    """The arrays of a user's file.

    Args:
        path: an .npz or .csv file.
        target: the label column of a .csv file; if None, the column called target, label, class or y.

    Raises:
        EdgemlError: no such file, another kind of file, damaged, arrays or columns missing, or a value that
            is no number.
    """
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return _load_csv(path, target)
    if suffix != ".npz":
        raise EdgemlError(
            f"cannot read {suffix or 'a file without suffix'}", str(path), "give an .npz or .csv file"
        )
    if target is not None:
        raise EdgemlError(
            f"an .npz file has no column {target!r}",
            str(path),
            "its labels are the array y; leave the target out",
        )
    return _load_npz(path)


def encode(
    labels: Sequence[Array], class_names: Sequence[str] | None, where: str
) -> tuple[list[Array], tuple[str, ...]]:
    """Labels as integers from 0, and the class names.

    Args:
        labels: one array per part, all of one kind.
        class_names: what the labels 0, 1, ... are called, if the file says so.
        where: the file, for messages.

    Raises:
        EdgemlError: labels that are not classes, or that lie outside `class_names`.
    """
    flat = [_flat(part, where) for part in labels]
    values = np.unique(np.concatenate(flat))
    if class_names is None:
        return [np.searchsorted(values, part) for part in flat], tuple(str(value) for value in values)
    if values.dtype.kind not in "iu":
        raise EdgemlError(
            "class_names is given but the labels are not numbers", where, "leave class_names out"
        )
    if values[0] < 0 or values[-1] >= len(class_names):
        raise EdgemlError(
            f"labels from {values[0]} to {values[-1]} but {len(class_names)} class names", where
        )
    return flat, tuple(str(name) for name in class_names)


def _flat(labels: Array, where: str) -> Array:
    """Labels of one part as a vector of integers or text."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2 and labels.dtype.kind in "biuf":
        if not (((labels == 0) | (labels == 1)).all() and (labels.sum(axis=1) == 1).all()):
            raise EdgemlError(
                f"labels of shape {labels.shape} are not one-hot", where, "give one label per sample"
            )
        return labels.argmax(axis=1)
    if labels.ndim != 1 or not labels.size:
        raise EdgemlError(f"labels have shape {labels.shape}, expected (samples,)", where)
    if labels.dtype.kind == "f":
        if not np.isfinite(labels).all() or (labels != np.round(labels)).any():
            raise EdgemlError(
                "labels are not whole numbers", where, "edgeml trains classifiers, not regressions"
            )
        return labels.astype(np.int64)
    if labels.dtype.kind == "b":
        return labels.astype(np.int64)
    if labels.dtype.kind not in "iuU":
        raise EdgemlError(f"labels are {labels.dtype}, expected whole numbers or text", where)
    return labels


def _load_npz(path: Path) -> Raw:
    arrays = read_npz(path)
    present = [part for part in _PARTS if f"x_{part}" in arrays or f"y_{part}" in arrays]
    if present:
        needed = ["train", "test", *(["val"] if "val" in present else [])]
        keys = [f"{axis}_{part}" for part in needed for axis in "xy"]
    else:
        needed, keys = ["train"], ["x", "y"]
    absent = [key for key in keys if key not in arrays]
    if absent:
        raise EdgemlError(
            f"has no array {', '.join(absent)}",
            str(path),
            f"give x and y, or x_train, y_train, x_test and y_test; it has: {', '.join(arrays)}",
        )
    class_names = arrays.get("class_names")
    labels, classes = encode(
        [arrays[key] for key in keys[1::2]],
        None if class_names is None else class_names.ravel().tolist(),
        str(path),
    )
    parts = {name: Part(arrays[key], y) for name, key, y in zip(needed, keys[::2], labels, strict=True)}
    names = arrays.get("feature_names")
    features = None if names is None else tuple(str(name) for name in names.ravel())
    return Raw(parts["train"], classes, parts.get("test"), parts.get("val"), features)


def _load_csv(path: Path, target: str | None) -> Raw:
    try:
        text = read_bytes(path, "data file").decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise EdgemlError(f"not UTF-8 text: {error.reason} at byte {error.start}", str(path)) from error
    first = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count))
    header = [name.strip() for name in next(rows, [])]
    column = _target_column(header, target, path)
    table = [row for row in rows if row]
    for number, row in enumerate(table, start=2):
        if len(row) != len(header):
            raise EdgemlError(f"line {number} has {len(row)} values, the header has {len(header)}", str(path))
    if not table:
        raise EdgemlError("has no samples", str(path))
    features = tuple(name for i, name in enumerate(header) if i != column)
    x = np.array([[*row[:column], *row[column + 1 :]] for row in table])
    (y,), classes = encode(
        [_numbers_if_all(np.array([row[column].strip() for row in table]))], None, str(path)
    )
    return Raw(Part(_numbers(x, features, path), y), classes, features=features)


def _target_column(header: list[str], target: str | None, path: Path) -> int:
    if len(header) < 2 or len(set(header)) != len(header) or "" in header:
        raise EdgemlError(
            "the first line is not a header of two or more different column names",
            str(path),
            f"found: {header!r:.100}",
        )
    if target is not None:
        if target not in header:
            raise unknown_name("column", target, header, str(path))
        return header.index(target)
    usual = [name for name in header if name.lower() in _USUAL_TARGETS]
    if len(usual) != 1:
        raise EdgemlError(
            "which column has the labels?", str(path), f"name the target column: {', '.join(header):.300}"
        )
    return header.index(usual[0])


def _numbers_if_all(labels: Array) -> Array:
    """Text labels as int64 if every one is a whole number, so that 10 comes after 9."""
    try:
        return labels.astype(np.int64)
    except ValueError:
        return labels


def _numbers(x: Array, features: tuple[str, ...], path: Path) -> Array:
    """A table of text as float64; an empty field becomes NaN, which the caller refuses with its column."""
    x = np.where(np.char.strip(x) == "", "nan", x)
    try:
        return x.astype(np.float64)
    except ValueError:
        pass
    for column, name in enumerate(features):
        for row, value in enumerate(x[:, column]):
            if not _is_number(value):
                raise EdgemlError(
                    f"column {name!r} holds {str(value)!r} in line {row + 2}, not a number",
                    str(path),
                    "make it one column per value (one-hot), or leave the column out",
                )
    raise EdgemlError("holds a value that is no number", str(path))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
