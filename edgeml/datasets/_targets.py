"""Data of the user's whose targets are numbers, or whose model has several inputs or outputs.

.npz: `x` and `y` as for classes, `y` of any numbers (samples, ...). The samples of several inputs are arrays
of their own, `x.NAME` or `NAME` by input; likewise the targets of several outputs, `y.NAME`.

Invariant: samples of several inputs lie side by side, (samples, sum of sizes), in the order of the names;
`edgeml.ir.samples.feeds` takes them apart. So do targets.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edgeml.datasets._base import Array, Split, check_finite
from edgeml.datasets._csv_file import CsvTable, read_csv
from edgeml.datasets._readers import npz_names, read_npz
from edgeml.errors import EdgemlError, excerpt, shown

_PARTS = ("train", "val", "test")


def side_by_side(path: Path, names: Sequence[str], axis: str) -> Array | None:
    """The arrays of several inputs ("x") or outputs ("y") of an .npz file as one; None if it has none.

    Raises:
        EdgemlError: some are there and others are not, or their numbers of samples differ.
    """
    there = npz_names(path)
    plain = names if axis == "x" else ()  # an array may be called like an output and be something else
    keys = [
        next((key for key in (f"{axis}.{name}", *([name] if name in plain else [])) if key in there), "")
        for name in names
    ]
    if not any(keys):
        return None
    if not all(keys):
        absent = [f"{axis}.{name}" for name, key in zip(names, keys, strict=True) if not key]
        raise EdgemlError(
            f"has no array {', '.join(absent)}", str(path), f"it has: {excerpt(', '.join(there), 300)}"
        )
    arrays = read_npz(path, keys)
    sizes = {key: len(array) if array.ndim else 0 for key, array in arrays.items()}
    if len(set(sizes.values())) > 1 or not min(sizes.values()):
        listed = ", ".join(f"{key}: {size}" for key, size in sizes.items())
        raise EdgemlError(f"the arrays have different numbers of samples ({listed})", str(path))
    for key, array in arrays.items():
        if array.dtype.kind not in "biuf":
            raise EdgemlError(f"{key} holds {array.dtype}, not real numbers", str(path))
    return np.concatenate([arrays[key].reshape(sizes[key], -1) for key in keys], axis=1)


def stored_labels(path: Path, target: str | None, outputs: Sequence[str] = ()) -> Array | None:
    """The labels of a file as they are stored; None if it has none.

    Raises:
        EdgemlError: the file is missing or damaged.
        MissingToolError: pandas, which reads .csv, is not installed.
    """
    if path.suffix.lower() == ".csv":
        return _column(read_csv(path, target))
    key = next((key for key in ("y", "y_test", "y_train") if key in npz_names(path)), None)
    if key is None:
        return side_by_side(path, outputs, "y") if outputs else None
    return read_npz(path, [key])[key]


def with_numbers(
    path: Path, target: str | None, inputs: Sequence[str] = (), outputs: Sequence[str] = ()
) -> dict[str, Split]:
    """The parts of a file whose targets are numbers: samples, and float64 targets (samples, n).

    Raises:
        EdgemlError: arrays are missing, of unequal lengths, or no finite numbers.
        MissingToolError: pandas, which reads .csv, is not installed.
    """
    where = str(path)
    if path.suffix.lower() == ".csv":
        table = read_csv(path, target)
        return {"train": _numeric(table.x, _column(table), where)}
    names = npz_names(path)
    present = [part for part in _PARTS if f"x_{part}" in names and f"y_{part}" in names]
    if "train" in present and "test" in present and not inputs:
        keys = [f"{axis}_{part}" for part in present for axis in "xy"]
        arrays = read_npz(path, keys)
        return {part: _numeric(arrays[f"x_{part}"], arrays[f"y_{part}"], where) for part in present}
    x = side_by_side(path, inputs, "x") if inputs else None
    y = stored_labels(path, None, outputs)
    if y is None:
        raise EdgemlError("has no array y", where, f"it has: {excerpt(', '.join(names), 300)}")
    return {"train": _numeric(read_npz(path, ["x"])["x"] if x is None else x, y, where)}


def _column(table: CsvTable) -> Array:
    """The label column of a table as float64, or as text if it is not numbers throughout."""
    texts = np.array(table.labels)
    try:
        return texts.astype(np.float64)[table.codes]
    except ValueError:
        return texts[table.codes]


def _numeric(x: Array, y: Array, where: str) -> Split:
    if x.ndim < 2 or not x.size or x.dtype.kind not in "biuf":
        raise EdgemlError(f"x of {x.dtype} has shape {x.shape}, expected (samples, features...)", where)
    if y.dtype.kind not in "biuf":
        first = shown(y.ravel()[0].item()) if y.size else y.dtype
        raise EdgemlError(
            f"the targets are no numbers but {first} and the like",
            where,
            "leave data.task out to train on classes, or name a column of numbers: data.target",
        )
    if not y.ndim or len(y) != len(x):
        raise EdgemlError(f"{len(x)} samples but targets of shape {y.shape}", where)
    targets = y.reshape(len(y), -1).astype(np.float64)
    check_finite(x, f"{where}, x")
    check_finite(targets, f"{where}, y")
    return Split(x, targets)
