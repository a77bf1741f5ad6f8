"""Data larger than memory: the training samples of a file or folder stay on the disk.

An .npz file has all three parts, x_train, y_train, x_val, y_val, x_test and y_test, and x_train is not
compressed. A folder has images in train/, val/ and test/, or TFRecord files of these parts. Labels and the
samples to validate and test with are read; of the training samples come the rows of each step.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np

from edgeml.datasets._base import Array, Dataset, Raw, Split, check_raw, checksum
from edgeml.datasets._disk import DiskRows
from edgeml.datasets._image_folder import image_folder
from edgeml.datasets._labels import encode
from edgeml.datasets._limits import check_bytes
from edgeml.datasets._mapped import mapped
from edgeml.datasets._readers import npz_names, read_npz
from edgeml.datasets._record_folder import is_record_folder, record_parts
from edgeml.errors import EdgemlError

_PARTS = ("train", "val", "test")
_KEYS = ("y_train", "x_val", "y_val", "x_test", "y_test")


def streamed(path: Path, max_classes: int | None = None) -> Dataset:
    """The data set in a file or folder; its x_train stays there, of the type that is stored.

    Args:
        path: an .npz file, or a folder of images or TFRecord files.
        max_classes: see `edgeml.datasets._labels.encode`.

    Raises:
        EdgemlError: no such file, another kind of file, a part is missing or damaged, x_train is compressed,
            or labels are no classes.
        MissingToolError: Pillow, which reads images, is not installed.
    """
    check_streamable(path)
    if is_record_folder(path):
        raw = _of_records(path, max_classes)
    elif path.is_dir():
        raw = _of_images(path)
    else:
        raw = _of_npz(path, max_classes)
    assert raw.val is not None and raw.test is not None
    check_raw(raw, str(path))
    return Dataset(
        name=path.stem,
        x_train=raw.train.x,
        y_train=raw.train.y,
        x_val=raw.val.x.astype(np.float32, copy=False),
        y_val=raw.val.y,
        x_test=raw.test.x.astype(np.float32, copy=False),
        y_test=raw.test.y,
        class_names=raw.classes,
        feature_names=None,
        licence="none stated",
        source=str(path),
        checksum=checksum(raw.arrays()),
        note="split as published; training samples stay on the disk",
    )


def check_streamable(path: Path) -> None:
    """Refuse what cannot stay on the disk, before anything of it is read.

    Args:
        path: of the data.

    Raises:
        EdgemlError: neither an .npz file nor a folder.
    """
    if path.is_dir() or path.suffix.lower() == ".npz":
        return
    raise EdgemlError(
        "is no .npz file and no folder of images or TFRecord files, so it cannot stay on the disk",
        str(path),
        "save x_train, y_train, x_val, y_val, x_test and y_test by numpy.savez, or leave data.stream out",
    )


def _of_images(path: Path) -> Raw:
    folder = image_folder(path)
    if "val" not in folder.parts:
        hint = "data.stream needs train/, val/ and test/, because it cannot shuffle what it does not read"
        raise EdgemlError("has no val/ with images", str(path), hint)
    (train, y), (val, y_val), (test, y_test) = (folder.rows(part) for part in _PARTS)
    return _raw(train, [y, y_val, y_test], folder.names, val, test, str(path))


def _of_records(path: Path, max_classes: int | None) -> Raw:
    parts = record_parts(path)
    labels, classes = encode([parts[part].labels() for part in _PARTS], None, str(path), max_classes)
    return _raw(parts["train"], labels, classes, parts["val"], parts["test"], str(path))


def _raw(
    train: DiskRows, labels: list[Array], classes: tuple[str, ...], val: DiskRows, test: DiskRows, where: str
) -> Raw:
    """The parts, those to validate and test with in memory."""
    check_bytes(4 * (val.size + test.size), "the validation and test part together", where)
    rows = cast("Array", train)
    return Raw(Split(rows, labels[0]), classes, Split(test[:], labels[2]), Split(val[:], labels[1]))


def _of_npz(path: Path, max_classes: int | None) -> Raw:
    where = str(path)
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
    return Raw(train, classes, test, val)
