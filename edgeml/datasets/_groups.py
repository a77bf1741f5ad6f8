"""Groups of samples that stay together when all samples are cut into parts.

A .csv file names the group of each sample in a column of numbers, which then is no feature; an .npz file in
an array (samples,) of numbers or text.

Invariant: no part shares a group with another one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from edgeml.datasets._base import Array, Raw, Split
from edgeml.datasets._csv_file import read_csv
from edgeml.datasets._partition import Partition
from edgeml.datasets._readers import npz_names, read_npz
from edgeml.errors import EdgemlError, unknown_name

PARTS = ("train", "val", "test")


@dataclass(frozen=True, eq=False)
class Grouping:
    """A partition and the group of every sample, all parts one behind the other; None without groups."""

    partition: Partition
    groups: Array | None = None

    def pooled(
        self, parts: Sequence[Split], classes: Sequence[str] | None, seed: int, where: str
    ) -> tuple[Split, Split, Split, str]:
        """All samples of these parts, cut anew, and one sentence about the split.

        Args:
            parts: the publisher's.
            classes: their names; None if the targets are no classes.
            seed: seeds the shuffle.
            where: the data set or file, for messages.

        Raises:
            EdgemlError: as for `Partition.cut`; or there are more or fewer groups than samples.
        """
        x = np.concatenate([part.x for part in parts])
        y = np.concatenate([part.y for part in parts])
        if self.groups is not None and len(self.groups) != len(x):
            raise EdgemlError(f"{len(self.groups)} groups for {len(x)} samples", where, "give one per sample")
        labels = None if classes is None else y
        *rows, text = self.partition.cut(labels, len(x), self.groups, seed, where, classes or ())
        training, validation, test = (Split(x[chosen], y[chosen]) for chosen in rows)
        return training, validation, test, text


def ungrouped(partition: Partition, where: str) -> Grouping:
    """The partition of a published data set, which has no groups.

    Raises:
        EdgemlError: groups are named.
    """
    if partition.groups:
        raise EdgemlError(f"has no groups {partition.groups!r}", where, "give a file of your own")
    return Grouping(partition)


def grouped_raw(raw: Raw, partition: Partition, path: Path) -> tuple[Raw, Grouping]:
    """The arrays of a user's file without the column of groups, and those groups.

    Raises:
        EdgemlError: the file has no such column or array.
    """
    if not partition.groups:
        return raw, Grouping(partition)
    if path.suffix.lower() == ".npz":
        return raw, Grouping(partition, _array(path, partition.groups))
    column = _column(raw.features or (), partition.groups, path)
    features = tuple(name for name in raw.features or () if name != partition.groups)
    columns = tuple(item for item in raw.columns if item.name != partition.groups)
    groups, rest = raw.train.x[:, column], np.delete(raw.train.x, column, axis=1)
    left = replace(raw, train=Split(rest, raw.train.y), features=features, columns=columns)
    return left, Grouping(partition, groups)


def grouped(
    parts: Mapping[str, Split], partition: Partition, path: Path, target: str | None
) -> tuple[dict[str, Split], Grouping]:
    """The same for samples whose targets are numbers, or which have none.

    Raises:
        EdgemlError: the file has no such column or array.
        MissingToolError: pandas, which reads .csv, is not installed.
    """
    if not partition.groups:
        return dict(parts), Grouping(partition)
    if path.suffix.lower() != ".csv":
        return dict(parts), Grouping(partition, _array(path, partition.groups))
    column = _column(read_csv(path, target).features, partition.groups, path)
    whole = parts["train"]
    rest = Split(np.delete(whole.x, column, axis=1), whole.y)
    return {"train": rest}, Grouping(partition, whole.x[:, column])


def _column(features: Sequence[str], name: str, path: Path) -> int:
    if name not in features:
        raise unknown_name("column", name, features, f"{path}, data.groups")
    return list(features).index(name)


def _array(path: Path, name: str) -> Array:
    names = npz_names(path)
    if name not in names:
        raise unknown_name("array", name, names, f"{path}, data.groups")
    return read_npz(path, [name])[name].ravel()
