"""Data sets for classification, ready to train on.

The folder is the registry: a module with `DATASET` is a data set, its file name is its name.

data = datasets.load("mnist")                              # a name of datasets.names()
data = datasets.load("flows.csv", target="label")          # or a file of the user's
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from pathlib import Path
from typing import Protocol, cast

import numpy as np

from edgeml.datasets import own_file
from edgeml.datasets.base import Array, Dataset, DatasetInfo, Part, Raw, check_raw, checksum
from edgeml.datasets.scaling import Kind, Scaling
from edgeml.datasets.sources import Sources
from edgeml.datasets.splits import split
from edgeml.errors import EdgemlError, unknown_name

__all__ = ["Dataset", "DatasetInfo", "Kind", "Scaling", "Sources", "info", "load", "names"]


class _Module(Protocol):
    """What a module of this folder that is a data set has."""

    DATASET: DatasetInfo

    @staticmethod
    def load(sources: Sources) -> Raw: ...


def names() -> list[str]:
    """The data sets, by file name, sorted."""
    return sorted(
        module.name for module in pkgutil.iter_modules(__path__) if hasattr(_import(module.name), "DATASET")
    )


def info(name: str) -> DatasetInfo:
    """What is known of a data set without reading it.

    Raises:
        EdgemlError: there is no such data set.
    """
    return _module(name).DATASET


def load(
    name: str | os.PathLike[str],
    target: str | None = None,
    seed: int = 0,
    sources: Sources | None = None,
    max_classes: int | None = None,
) -> Dataset:
    """A data set with its three parts.

    Args:
        name: one of `names()`, or the path of an .npz or .csv file (see `edgeml.datasets.own_file`).
        target: the label column of a .csv file.
        seed: seeds the split where the publisher gives none.
        sources: where to look for files; what the environment says if None.
        max_classes: up to so many whole numbers in a file are classes even if they look like a quantity.

    Raises:
        EdgemlError: unknown name, missing or damaged file, arrays that are no classification data.
        MissingToolError: scikit-learn, or pandas for a .csv file, is not installed.
    """
    path = Path(name)
    if path.suffix.lower() in own_file.SUFFIXES or path.parent != Path() or path.is_file():
        raw = own_file.load(path, target, max_classes)
        check_raw(raw, str(path))
        return _finish(raw, path.stem, str(path), "none stated", str(path), seed)
    module = _module(str(name))
    if target is not None:
        raise EdgemlError(f"{name} knows its own labels", f"target {target!r}", "leave the target out")
    known = module.DATASET
    raw = module.load(sources or Sources.default())
    check_raw(raw, str(name))
    _compare(raw, known, str(name))
    return _finish(raw, str(name), str(name), known.licence, known.source, seed)


def _finish(raw: Raw, name: str, where: str, licence: str, source: str, seed: int) -> Dataset:
    *parts, how = split(raw, seed, where)
    arrays: dict[str, Array] = {}
    for part_name, part in zip(("train", "val", "test"), cast("list[Part]", parts), strict=True):
        arrays[f"x_{part_name}"] = _frozen(part.x, np.float32)
        arrays[f"y_{part_name}"] = _frozen(part.y, np.int64)
    return Dataset(
        name=name,
        **arrays,
        class_names=raw.classes,
        feature_names=raw.features,
        licence=licence,
        source=source,
        checksum=checksum(arrays),
        note="; ".join(text for text in (raw.note, how) if text),
    )


def _frozen(array: Array, dtype: type) -> Array:
    copy = np.array(array, dtype=dtype)
    copy.flags.writeable = False
    return copy


def _compare(raw: Raw, known: DatasetInfo, where: str) -> None:
    """Refuse arrays that are not the ones the publisher's are known to be."""
    hint = "the file is damaged or another data set: remove it and get it again"
    if raw.train.x.shape[1:] != known.shape or len(raw.classes) != len(known.classes):
        found = f"samples of shape {raw.train.x.shape[1:]} in {len(raw.classes)} classes"
        raise EdgemlError(f"found {found}, expected {known.shape} in {len(known.classes)}", where, hint)
    samples = sum(len(array) for name, array in raw.arrays().items() if name.startswith("y"))
    if raw.whole and samples != known.samples:
        raise EdgemlError(f"found {samples} samples, expected {known.samples}", where, hint)
    if raw.digest and raw.digest != known.digest:
        raise EdgemlError("this is not the published file (SHA-256 differs)", where, hint)
    if raw.whole and known.checksum and checksum(raw.arrays()) != known.checksum:
        raise EdgemlError("these are not the published values (checksum differs)", where, hint)


def _module(name: str) -> _Module:
    if not name.isidentifier() or name not in names():
        raise unknown_name("data set", name, names())
    return _import(name)


def _import(name: str) -> _Module:
    return cast("_Module", importlib.import_module(f"{__name__}.{name}"))
