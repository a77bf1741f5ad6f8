"""A user's own data: an .npz file or a .csv file with a label column.

.npz: `x` and `y`; or `x_train`, `y_train`, `x_test`, `y_test` and optionally `x_val`, `y_val`. Optionally
`feature_names` and `class_names`. Samples of any shape, first axis the samples. Other arrays are ignored.
.csv: a header line, then one sample per line, separated by commas, semicolons or tabs; every column but the
label column is a feature and holds numbers (`edgeml.datasets._csv_file`).

Labels are whole numbers, however they are written, text, booleans or one-hot rows. They become 0, 1, ... in
sorted order and their old values become the class names, unless `class_names` has the names of 0, 1, ...
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edgeml.datasets._base import Array, Raw, Split
from edgeml.datasets._csv_file import read_csv
from edgeml.datasets._labels import about, encode
from edgeml.datasets._readers import npz_names, read_npz
from edgeml.datasets._targets import side_by_side
from edgeml.errors import EdgemlError, excerpt

SUFFIXES = (".npz", ".csv")

_PARTS = ("train", "val", "test")
_EXTRA = ("class_names", "feature_names")


def load(
    path: Path, target: str | None = None, max_classes: int | None = None, inputs: Sequence[str] = ()
) -> Raw:
    """The arrays of a user's file.

    Args:
        path: an .npz or .csv file.
        target: the label column of a .csv file; if None, the column called target, label, class or y.
        max_classes: see `edgeml.datasets._labels.encode`.
        inputs: the arrays of an .npz file that are the samples, side by side; x if none are named.

    Raises:
        EdgemlError: no such file, another kind of file, damaged, arrays or columns missing, or a value that
            is no number.
        MissingToolError: pandas, which reads .csv, is not installed.
    """
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return _load_csv(path, target, max_classes)
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
    return _load_npz(path, max_classes, inputs)


def unlabelled(path: Path) -> bool:
    """True for an .npz file without labels.

    Raises:
        EdgemlError: no such file, or damaged.
    """
    if path.suffix.lower() != ".npz":
        return False
    names = npz_names(path)
    return not any(name in ("y", "y_test", "y_train") or name.startswith("y.") for name in names)


def samples(path: Path, target: str | None = None, inputs: Sequence[str] = ()) -> Array:
    """The samples of a user's file alone: x_test of an .npz or else its x; the features of a .csv file.

    With `inputs` those arrays of an .npz file, side by side.

    Raises:
        EdgemlError: as `load`; or the file has no samples.
        MissingToolError: pandas, which reads .csv, is not installed.
    """
    if path.suffix.lower() == ".csv":
        return read_csv(path, target).x
    several = side_by_side(path, inputs, "x") if inputs else None
    if several is not None:
        return several
    names = npz_names(path)
    key = _samples_key(names)
    if key is None:
        raise EdgemlError(
            "has no array x or x_test",
            str(path),
            f"name the samples x; it has: {excerpt(', '.join(names), 300)}",
        )
    return read_npz(path, [key])[key]


def _samples_key(names: Sequence[str]) -> str | None:
    return next((key for key in ("x_test", "x") if key in names), None)


def _load_npz(path: Path, max_classes: int | None, inputs: Sequence[str]) -> Raw:
    where = str(path)
    names = npz_names(path)
    several = side_by_side(path, inputs, "x") if inputs else None
    if several is not None:
        names = [*names, "x"]
    present = [part for part in _PARTS if f"x_{part}" in names or f"y_{part}" in names]
    if present:
        needed = ["train", "test", *(["val"] if "val" in present else [])]
        keys = [f"{axis}_{part}" for part in needed for axis in "xy"]
    else:
        needed, keys = ["train"], ["x", "y"]
    absent = [key for key in keys if key not in names]
    if absent:
        raise EdgemlError(
            f"has no array {', '.join(absent)}",
            where,
            f"give x and y, or x_train, y_train, x_test and y_test; it has: {excerpt(', '.join(names), 300)}",
        )
    stored = [key for key in (*keys, *_EXTRA) if key in names and (several is None or key != "x")]
    arrays = read_npz(path, stored) | ({} if several is None else {"x": several})
    class_names = arrays.get("class_names")
    labels, classes = encode(
        [arrays[key] for key in keys[1::2]],
        None if class_names is None else class_names.ravel().tolist(),
        where,
        max_classes,
    )
    parts = {name: Split(arrays[key], y) for name, key, y in zip(needed, keys[::2], labels, strict=True)}
    stated = arrays.get("feature_names")
    features = None if stated is None else tuple(str(name) for name in stated.ravel())
    note = about(classes) if class_names is None else ""
    return Raw(parts["train"], classes, parts.get("test"), parts.get("val"), features, note)


def _load_csv(path: Path, target: str | None, max_classes: int | None) -> Raw:
    table = read_csv(path, target)
    (kinds,), classes = encode(
        [np.array(table.labels)], None, f"{path}, column {table.target!r:.60}", max_classes
    )
    return Raw(Split(table.x, kinds[table.codes]), classes, features=table.features, note=about(classes))
