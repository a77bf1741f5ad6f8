"""The parts of every data set: description, arrays before and after the split, checksum.

Invariant: a `Dataset` has three non-empty parts of one sample shape, finite float32 features and int64 labels
that index `class_names`; its arrays are read-only. Features are the raw values as stored (pixels 0..255,
centimetres, ...); `edgeml.datasets._scaling` turns them into what a model sees, so that one place has the
numbers a deployed model needs.

To add one, write `edgeml/datasets/NAME.py` with `DATASET = DatasetInfo(...)` and `load(sources) -> Raw`.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.errors import EdgemlError

Array = np.ndarray[Any, np.dtype[Any]]

_BLOCK = 1 << 22  # numbers; bounds the float32 copy that hashing makes of integer data


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Args:
        name: as the file has it.
        categories: of a column of text, sorted; empty for numbers.
    """

    name: str
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class DatasetInfo:
    """The description of a data set.

    Args:
        title: one line for a list.
        licence: the licence its owner states, or "none stated".
        source: who made it and where it is published.
        url: the page or file that `source` names.
        shape: the shape of one sample; images are (height, width, channels).
        classes: class names; label i is classes[i].
        samples: how many samples all parts have together.
        features: names of the features of tabular data.
        targets: names of the targets, where they are numbers (or 0 and 1 for each of several labels) and no
            classes; `classes` then is empty.
        checksum: `checksum()` of the arrays before the split; empty if they are not known.
        digest: "sha256:HEX" of the published file, for data whose arrays are not known.
    """

    title: str
    licence: str
    source: str
    url: str
    shape: tuple[int, ...]
    classes: tuple[str, ...]
    samples: int
    features: tuple[str, ...] | None = None
    targets: tuple[str, ...] = ()
    checksum: str = ""
    digest: str = ""


@dataclass(frozen=True, eq=False)
class Split:
    """Samples x, shape (n, ...), of any real dtype; labels y, integers from 0, (n,), or targets (n, k)."""

    x: Array
    y: Array


@dataclass(frozen=True, eq=False)
class Raw:
    """The result of a loader: the arrays as published, in the publisher's parts.

    Args:
        train: everything, if the publisher gives no other part.
        classes: class names; empty where the targets are numbers.
        test: the test part if there is one.
        val: the validation part if there is one; then `test` is there too.
        features: feature names of tabular data.
        note: what a reader of a result must know, e.g. that this is a subset.
        whole: false if the arrays are a subset, so that the known checksum and number of samples do not
            apply.
        digest: "sha256:HEX" of the file, if it is the published one that `DatasetInfo.digest` is of.
        columns: of a table with text or gaps, see `edgeml.datasets._columns`; x then are its raw values.
    """

    train: Split
    classes: tuple[str, ...]
    test: Split | None = None
    val: Split | None = None
    features: tuple[str, ...] | None = None
    note: str = ""
    whole: bool = True
    digest: str = ""
    columns: tuple[Column, ...] = ()

    def arrays(self) -> dict[str, Array]:
        """The existing arrays by name: x_train, y_train, x_val, ..."""
        parts = {"train": self.train, "val": self.val, "test": self.test}
        return {
            f"{axis}_{name}": getattr(part, axis) for name, part in parts.items() if part for axis in "xy"
        }


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set ready for training: three parts, raw feature values.

    Args:
        name: the data set's name, or the user's file name without its suffix.
        x_train: float32, shape (n, ...); raw values as stored, not scaled. So are x_val and x_test.
        y_train: int64 classes, shape (n,), or float32 targets, shape (n, k). So are y_val and y_test.
        class_names: label i is class_names[i]; empty where targets are numbers, and for samples without
            labels, whose y_* are empty too.
        feature_names: names of the columns of tabular data.
        licence: as its owner states it.
        source: who published it.
        checksum: SHA-256 over all six arrays; two runs with equal checksums saw the same data and the same
            split.
        note: what a reader of a result must know: how it was split, whether it is a subset.
        columns: of a table with text or gaps: x_* then are its raw values, NaN where one is missing.
    """

    name: str
    x_train: Array
    y_train: Array
    x_val: Array
    y_val: Array
    x_test: Array
    y_test: Array
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...] | None
    licence: str
    source: str
    checksum: str
    note: str
    columns: tuple[Column, ...] = ()

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """The shape of one sample."""
        return self.x_train.shape[1:]

    @property
    def n_classes(self) -> int:
        """The number of classes."""
        return len(self.class_names)


def checksum(arrays: Mapping[str, Array]) -> str:
    """SHA-256 over names, shapes and values; the stored dtype and byte order do not matter.

    Args:
        arrays: x_* and floats are hashed as little-endian float32, everything else as int64.

    >>> pixels = np.array([[0, 255]], dtype=np.uint8)
    >>> checksum({"x": pixels}) == checksum({"x": pixels.astype(np.float32)})
    True
    """
    total = hashlib.sha256()
    for name, array in arrays.items():
        dtype = np.dtype("<f4" if name.startswith("x") or array.dtype.kind == "f" else "<i8")
        total.update(f"{name}:{dtype.str}:{array.shape}:".encode())
        for block in blocks_of(array):
            total.update(np.ascontiguousarray(block, dtype).data)
    return total.hexdigest()


def check_raw(raw: Raw, where: str, targets: int = 0) -> None:
    """Refuse arrays that cannot be a data set of classes, or of `targets` numbers per sample.

    Raises:
        EdgemlError: empty, of unequal lengths or shapes, not numbers, not finite in float32, or with a label
            that names no class.
    """
    arrays = raw.arrays()
    shape = raw.train.x.shape[1:]
    for name in (name for name in arrays if name.startswith("x")):
        x, y = arrays[name], arrays[f"y{name[1:]}"]
        if x.ndim < 2 or not x.size:
            raise EdgemlError(f"{name} has shape {x.shape}, expected (samples, features...)", where)
        if x.dtype.kind not in "biuf":
            raise EdgemlError(f"{name} holds {x.dtype}, not real numbers", where)
        if x.shape[1:] != shape:
            raise EdgemlError(f"samples of {name} have shape {x.shape[1:]}, those of x_train {shape}", where)
        if y.shape != ((len(x), targets) if targets else (len(x),)):
            raise EdgemlError(f"{name} has {len(x)} samples but its labels have shape {y.shape}", where)
        if targets:
            check_finite(y, f"{where}, y{name[1:]}")
        elif y.dtype.kind not in "iu" or int(y.min()) < 0 or int(y.max()) >= len(raw.classes):
            raise EdgemlError(f"labels of {name} are not integers from 0 to {len(raw.classes) - 1}", where)
        if not raw.columns:  # a table may have gaps, for which there are rules
            check_finite(x, f"{where}, {name}" if where else name, raw.features)
    if len(raw.classes) < 2 and not targets:
        raise EdgemlError(
            "fewer than two classes", where, "a classifier needs two; is this the right target?"
        )
    if raw.features is not None and len(raw.features) != int(np.prod(shape)):
        raise EdgemlError(f"{len(raw.features)} feature names for samples of shape {shape}", where)


def blocks_of(array: Any) -> Iterator[Array]:
    """The rows of an array, or of what is indexed like one, in blocks of bounded size."""
    rows = max(1, _BLOCK // max(1, math.prod(array.shape[1:])))
    return (array[start : start + rows] for start in range(0, len(array), rows))


def _finite(x: Array) -> bool:
    with np.errstate(over="ignore"):
        return bool(np.isfinite(x.astype(np.float32, copy=False)).all())


def check_finite(x: Array, where: str, features: tuple[str, ...] | None = None) -> None:
    """Refuse NaN, infinity and what becomes infinite in float32.

    Raises:
        EdgemlError: with the first bad column, how many samples of it are bad, and the index of the first.
    """
    if x.dtype.kind in "biu" or all(map(_finite, blocks_of(x))):
        return
    with np.errstate(over="ignore"):
        bad = ~np.isfinite(x.astype(np.float32, copy=False).reshape(len(x), -1))
    if not bad.any():
        return
    column = int(np.flatnonzero(bad.any(axis=0))[0])
    rows = np.flatnonzero(bad[:, column])
    named = features is not None and len(features) == bad.shape[1]
    name = repr(features[column]) if features is not None and named else f"{column} (counted from 0)"
    others = int(bad.any(axis=0).sum()) - 1
    raise EdgemlError(
        f"column {name} has {len(rows)} missing, infinite or too large values"
        + f" (first: sample {rows[0]}, counted from 0)"
        + (f"; so have {others} other columns" if others else ""),
        where,
        "drop those rows or fill them in before training",
    )
