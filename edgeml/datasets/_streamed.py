"""Data larger than memory: the training samples of an .npz file stay on the disk.

The file has all three parts, x_train, y_train, x_val, y_val, x_test and y_test, and x_train is not
compressed. Labels and the samples to validate and test with are read; of x_train come the rows of each step.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgeml.datasets._base import Dataset, Raw, Split, check_raw, checksum
from edgeml.datasets._labels import encode
from edgeml.datasets._mapped import mapped
from edgeml.datasets._readers import npz_names, read_npz
from edgeml.errors import EdgemlError

_PARTS = ("train", "val", "test")
_KEYS = ("y_train", "x_val", "y_val", "x_test", "y_test")


def streamed(path: Path, max_classes: int | None = None) -> Dataset:
    """The data set in a file; its x_train is mapped, of the type that is stored.

    Args:
        path: an .npz file.
        max_classes: see `edgeml.datasets._labels.encode`.

    Raises:
        EdgemlError: no such file, another kind of file, a part is missing, x_train is compressed, or labels
            are no classes.
    """
    where = str(path)
    if path.suffix.lower() != ".npz":
        raise EdgemlError(
            "is no .npz file, so it cannot stay on the disk",
            where,
            "save it by numpy.savez, or leave data.stream out",
        )
    names = npz_names(path)
    absent = [key for key in ("x_train", *_KEYS) if key not in names]
    if absent:
        hint = "data.stream needs all three parts as arrays, because it cannot shuffle what it does not read"
        raise EdgemlError(f"has no array {', '.join(absent)}", where, hint)
    samples = mapped(path, "x_train")
    arrays = read_npz(path, [*_KEYS, *(["class_names"] if "class_names" in names else [])])
    stated = arrays.get("class_names")
    labels, classes = encode(
        [arrays[f"y_{part}"] for part in _PARTS],
        None if stated is None else stated.ravel().tolist(),
        where,
        max_classes,
    )
    train, val, test = (
        Split(samples if part == "train" else arrays[f"x_{part}"].astype(np.float32), y)
        for part, y in zip(_PARTS, labels, strict=True)
    )
    raw = Raw(train, classes, test, val)
    check_raw(raw, where)
    return Dataset(
        name=path.stem,
        x_train=train.x,
        y_train=train.y,
        x_val=val.x,
        y_val=val.y,
        x_test=test.x,
        y_test=test.y,
        class_names=classes,
        feature_names=None,
        licence="none stated",
        source=where,
        checksum=checksum(raw.arrays()),
        note="split as published; training samples stay on the disk",
    )
