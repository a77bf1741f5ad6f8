"""Data sets ready to train on: with classes, with numbers as targets, and without labels.

The folder is the registry: a file is a data set with `DATASET` and `load`, a file with an underscore in front
is a helper.

data = datasets.load("mnist")                              # a name of datasets.names()
data = datasets.load("flows.csv", target="label")          # or a file of the user's

To add a data set, write `edgeml/datasets/NAME.py` with `DATASET = DatasetInfo(...)` and `load(sources)`; one
that is read from files needs a small one in `tests/datasets/offline.py`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np

from edgeml.datasets import _own_file
from edgeml.datasets._base import Array, Dataset, DatasetInfo, Raw, Split, check_finite, check_raw, checksum
from edgeml.datasets._columns import Categories, ColumnPlan, Missing, TableOptions
from edgeml.datasets._groups import PARTS, Grouping, grouped, grouped_raw, ungrouped
from edgeml.datasets._image_folder import image_folder, load_images
from edgeml.datasets._limits import check_room
from edgeml.datasets._mapped import StreamedRows
from edgeml.datasets._partition import Partition, SplitKind
from edgeml.datasets._readers import read_npz as read_arrays
from edgeml.datasets._record_folder import is_record_folder, record_parts
from edgeml.datasets._scaling import Kind, Scaling
from edgeml.datasets._sources import Sources
from edgeml.datasets._splits import split
from edgeml.datasets._streamed import check_streamable, streamed
from edgeml.datasets._table_file import SUFFIXES as TABLE_SUFFIXES
from edgeml.datasets._table_file import load_table, read_table
from edgeml.datasets._targets import stored_labels, with_numbers
from edgeml.errors import EdgemlError
from edgeml.folder import ModuleFolder

__all__ = [
    "Array",
    "Categories",
    "ColumnPlan",
    "Dataset",
    "DatasetInfo",
    "Kind",
    "Missing",
    "Partition",
    "Raw",
    "Scaling",
    "Sources",
    "Split",
    "SplitKind",
    "StreamedRows",
    "TableOptions",
    "check_room",
    "check_streamable",
    "info",
    "is_image_folder",
    "labels_of",
    "load",
    "names",
    "read",
    "read_arrays",
    "samples_only",
    "streamed",
]

_FOLDER = ModuleFolder("data set", __name__)
_OWN = "give an .npz file of your own"
_FEWEST = 5
_FLOAT_COPIES = 3  # as stored, as the model takes them, and one on the way
_UNEQUAL = 1.5  # times as many samples of the most frequent class as of the rarest


def names() -> tuple[str, ...]:
    """The data sets, by file name, sorted."""
    return _FOLDER.names()


def info(name: str) -> DatasetInfo:
    """The description of a data set, without reading its files.

    Raises:
        EdgemlError: there is no such data set, or its file lacks `DATASET`.
    """
    return _FOLDER.declared(name, "DATASET", DatasetInfo)


def read(name: str, sources: Sources) -> Raw:
    """The arrays in the publisher's files of a data set, not yet checked or split.

    Raises:
        EdgemlError: there is no such data set, or a file of it is missing or damaged.
    """
    return _FOLDER.function(name, "load", "sources: Sources")(sources)


def load(
    name: str | os.PathLike[str],
    target: str | None = None,
    seed: int = 0,
    sources: Sources | None = None,
    max_classes: int | None = None,
    labels: bool | None = True,
    numbers: bool = False,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    split_samples: bool = False,
    partition: Partition = Partition(),  # noqa: B008  # frozen
    table: TableOptions | None = None,
) -> Dataset:
    """A data set with its three parts.

    Args:
        name: one of `names()`, the path of an .npz, .csv or .parquet file (see `edgeml.datasets._own_file`),
            or a folder of images.
        target: the label column of a .csv file.
        seed: seeds the split where the publisher gives none.
        sources: where to look for files; what the environment says if None.
        max_classes: up to so many whole numbers in a file are classes even if they look like a quantity.
        labels: false to leave them out; None: where a file has none, it has none. A data set without labels
            has no classes, label arrays of length 0, and all of its samples in every part.
        numbers: true if the labels are no classes but numbers (samples, ...).
        inputs: of a model with several: the arrays of an .npz file that lie side by side, see `_targets`.
        outputs: likewise the targets of a model with several outputs.
        split_samples: of samples without labels, the three parts are apart, as of those with labels.
        partition: other parts than the publisher's, of all samples together.
        table: several targets of a .csv or .parquet file, and what becomes of its text and gaps; `target` is
            not asked then.

    Raises:
        EdgemlError: unknown name, missing or damaged file, arrays that are no classification data.
        MissingToolError: scikit-learn, or pandas for a .csv file, is not installed.
    """
    path = Path(name)
    if table is not None and table.needed(path):
        return _of_table(path, table, numbers, max_classes, seed, partition)
    if is_record_folder(path):
        raise EdgemlError("TFRecord files stay on the disk", str(path), "set data.stream=true")
    if is_image_folder(name):
        raw = load_images(path)
        check_raw(raw, str(path))
        return _finish(raw, path.name, str(path), "none stated", str(path), seed, Grouping(partition))
    if path.suffix.lower() in _own_file.SUFFIXES or path.parent != Path() or path.is_file():
        if not labels and (labels is False or _own_file.unlabelled(path)):
            samples = _own_file.samples(path, target, inputs)
            whole = _without_labels(samples, path.stem, str(path))
            if not split_samples:
                return whole
            none = np.zeros((len(samples), 0), np.float32)
            parts, grouping = grouped({"train": Split(samples, none)}, partition, path, target)
            return _of_numbers(parts, path.stem, str(path), seed, grouping)
        if numbers:
            parts = with_numbers(path, target, inputs, outputs)
            parts, grouping = grouped(parts, partition, path, target)
            return _of_numbers(parts, path.stem, str(path), seed, grouping)
        raw = _own_file.load(path, target, max_classes, inputs)
        check_raw(raw, str(path))
        raw, grouping = grouped_raw(raw, partition, path)
        return _finish(raw, path.stem, str(path), "none stated", str(path), seed, grouping)
    described = info(str(name))
    if (numbers and not described.targets) or inputs:
        what = "numbers as targets" if numbers else f"samples for {len(inputs)} inputs"
        raise EdgemlError(f"{name} has classes and one array of samples, no {what}", str(name), _OWN)
    if target is not None:
        raise EdgemlError(f"{name} has its own labels", f"target {target!r}", "leave the target out")
    raw = read(str(name), sources or Sources.default())
    check_raw(raw, str(name), len(described.targets))
    _compare(raw, described, str(name))
    if labels is False and not split_samples:
        return _without_labels(
            (raw.test or raw.train).x, str(name), str(name), described.licence, described.source
        )
    grouping = ungrouped(partition, str(name))
    if described.targets:
        parts = {"train": raw.train} | ({"test": raw.test} if raw.test else {})
        data = _of_numbers(parts, str(name), str(name), seed, grouping)
        return replace(data, feature_names=raw.features, licence=described.licence, source=described.source)
    return _finish(raw, str(name), str(name), described.licence, described.source, seed, grouping)


def _of_table(
    path: Path,
    options: TableOptions,
    numbers: bool,
    max_classes: int | None,
    seed: int,
    partition: Partition,
) -> Dataset:
    """A data set from a table with rules for its columns."""
    _check_is_table(path)
    where = str(path)
    raw = load_table(path, options, numbers, max_classes)
    check_raw(raw, where, raw.train.y.shape[1] if numbers else 0)
    raw, grouping = grouped_raw(raw, partition, path)
    if not numbers:
        return _finish(raw, path.stem, where, "none stated", where, seed, grouping)
    data = _of_numbers({"train": raw.train}, path.stem, where, seed, grouping)
    return replace(data, feature_names=raw.features, columns=raw.columns)


def _check_is_table(path: Path) -> None:
    if path.suffix.lower() not in TABLE_SUFFIXES:
        hint = "data.missing, data.categories, data.drop and several targets are for .csv and .parquet files"
        raise EdgemlError("is no table", str(path), hint)


def labels_of(
    name: str,
    target: str | None = None,
    outputs: Sequence[str] = (),
    sources: Sources | None = None,
    table: TableOptions | None = None,
) -> tuple[Array | None, int]:
    """The labels of a data set as they are stored, and how many classes a published one has.

    Args:
        name: as for `load`, and so is `target`.
        target: the label column of a .csv file.
        outputs: names of a model's outputs, if it has several.
        sources: where to look for files; what the environment says if None.
        table: as for `load`.

    Raises:
        EdgemlError: unknown name, or a missing or damaged file.
    """
    path = Path(name)
    if table is not None and table.needed(path):
        _check_is_table(path)
        targets = read_table(path, table.targets, table.drop).targets
        if len(targets) == 1:
            return next(iter(targets.values())), 0
        return np.stack(list(targets.values()), axis=1), 0
    if is_record_folder(path):
        return record_parts(path)["train"].labels(), 0
    if is_image_folder(name):
        return None, len(image_folder(path).names)
    if path.suffix.lower() in _own_file.SUFFIXES or path.is_file():
        return stored_labels(path, target, outputs), 0
    if info(name).targets:
        return read(name, sources or Sources.default()).train.y, 0
    return None, len(info(name).classes)


def is_image_folder(name: str | os.PathLike[str]) -> bool:
    """True for a folder of the user's; a data set of that name comes first."""
    return Path(name).is_dir() and str(name) not in names()


def samples_only(x: Array, name: str, source: str) -> Dataset:
    """A data set of samples (n, ...) without labels: no classes, and all samples in every part.

    Raises:
        EdgemlError: the samples are no finite numbers.
    """
    return _without_labels(x, name, source)


def _without_labels(
    x: Array, name: str, where: str, licence: str = "none stated", source: str = ""
) -> Dataset:
    if x.ndim < 2 or not x.size:
        raise EdgemlError(f"x has shape {x.shape}, expected (samples, features...)", where)
    if x.dtype.kind not in "biuf":
        raise EdgemlError(f"x holds {x.dtype}, not real numbers", where)
    check_finite(x, f"{where}, x")
    _check_samples([x], where)
    samples, none = _frozen(x, np.float32), _frozen(np.zeros(0), np.int64)
    return Dataset(
        name=name,
        x_train=samples,
        y_train=none,
        x_val=samples,
        y_val=none,
        x_test=samples,
        y_test=none,
        class_names=(),
        feature_names=None,
        licence=licence,
        source=source or where,
        checksum=checksum({"x": samples}),
        note="no labels: every part is all of its samples",
    )


def _of_numbers(parts: dict[str, Split], name: str, where: str, seed: int, grouping: Grouping) -> Dataset:
    """A data set whose targets are numbers; split by chance where the file gives no parts."""
    note = "split as the file gives it"
    _check_samples([part.x for part in parts.values()], where)
    if not grouping.partition.published:
        *cut, note = grouping.pooled([parts[key] for key in PARTS if key in parts], None, seed, where)
        parts = dict(zip(PARTS, cut, strict=True))
    elif "test" not in parts:
        parts, note = _by_chance(parts["train"], seed)
    parts = {**parts, "val": parts.get("val", parts["test"])}
    arrays: dict[str, Array] = {}
    for part_name in PARTS:
        arrays[f"x_{part_name}"] = _frozen(parts[part_name].x, np.float32)
        arrays[f"y_{part_name}"] = _frozen(parts[part_name].y, np.float32)
    return Dataset(
        name=name,
        class_names=(),
        feature_names=None,
        licence="none stated",
        source=where,
        checksum=checksum(arrays),
        note=note,
        columns=(),
        **arrays,
    )


def _by_chance(whole: Split, seed: int) -> tuple[dict[str, Split], str]:
    """60, 20 and 20 % of the samples; all of them in every part where there are fewer than five."""
    count = len(whole.x)
    if count < _FEWEST:
        return dict.fromkeys(("train", "val", "test"), whole), f"{count} samples: every part is all of them"
    order = np.random.default_rng(seed).permutation(count)
    cuts = np.split(order, [count * 3 // 5, count * 4 // 5])
    parts = {part: Split(whole.x[rows], whole.y[rows]) for part, rows in zip(PARTS, cuts, strict=True)}
    return parts, f"split 60/20/20, seed {seed}"


def _finish(
    raw: Raw, name: str, where: str, licence: str, source: str, seed: int, grouping: Grouping
) -> Dataset:
    _check_samples([part.x for part in (raw.train, raw.val, raw.test) if part], where)
    if grouping.partition.published:
        *parts, how = split(raw, seed, where)
    else:
        there = [part for part in (raw.train, raw.val, raw.test) if part]
        *parts, how = grouping.pooled(there, raw.classes, seed, where)
    arrays: dict[str, Array] = {}
    for part_name, part in zip(PARTS, cast("list[Split]", parts), strict=True):
        arrays[f"x_{part_name}"] = _frozen(part.x, np.float32)
        arrays[f"y_{part_name}"] = _frozen(part.y, np.int64)
    return Dataset(
        name=name,
        **arrays,
        class_names=raw.classes,
        feature_names=raw.features,
        columns=raw.columns,
        licence=licence,
        source=source,
        checksum=checksum(arrays),
        note="; ".join(text for text in (raw.note, how, _imbalance(arrays, raw.classes)) if text),
    )


def _imbalance(arrays: dict[str, Array], classes: tuple[str, ...]) -> str:
    """A note about classes of unequal size, with the accuracy of always the most frequent one."""
    counts = np.bincount(arrays["y_train"], minlength=len(classes))
    most, least = int(counts.argmax()), int(counts.argmin())
    if counts[most] < _UNEQUAL * counts[least]:
        return ""
    share = float(np.mean(arrays["y_test"] == most))
    return (
        f"classes are unequal: {counts[most]} training samples of {classes[most]}, {counts[least]} of "
        f"{classes[least]}; always {classes[most]} is right on {share:.1%} of the test part"
    )


def _check_samples(arrays: Sequence[Array], where: str) -> None:
    """Refuse samples whose float32 copies do not fit the memory."""
    values = sum(array.size for array in arrays)
    check_room(_FLOAT_COPIES * 4 * values, f"{values:.3g} values of samples", where)


def _frozen(array: Array, dtype: type) -> Array:
    copy = np.array(array, dtype=dtype)
    copy.flags.writeable = False
    return copy


def _compare(raw: Raw, described: DatasetInfo, where: str) -> None:
    """Refuse arrays that differ from the description of the published ones."""
    hint = "the file is damaged or another data set: remove it and get it again"
    if raw.train.x.shape[1:] != described.shape or len(raw.classes) != len(described.classes):
        actual = f"samples of shape {raw.train.x.shape[1:]} in {len(raw.classes)} classes"
        raise EdgemlError(
            f"found {actual}, expected {described.shape} in {len(described.classes)}", where, hint
        )
    samples = sum(len(array) for name, array in raw.arrays().items() if name.startswith("y"))
    if raw.whole and samples != described.samples:
        raise EdgemlError(f"found {samples} samples, expected {described.samples}", where, hint)
    if raw.digest and raw.digest != described.digest:
        raise EdgemlError("this is not the published file (SHA-256 differs)", where, hint)
    if raw.whole and described.checksum and checksum(raw.arrays()) != described.checksum:
        raise EdgemlError("these are not the published values (checksum differs)", where, hint)
