"""Training, validation and test part of all samples together, by scikit-learn's splitters.

`Partition` says how: stratified by class, by chance, by groups that stay together, or in the order of time;
once, 60 % / 20 % / 20 %, or as one fold of several. The samples are cut into blocks, one block is the test
part, the next one the validation part, all others the training part; 60/20/20 is the first of five folds.
In the order of time the blocks of training come before that of validation, and that before the test's
(`TimeSeriesSplit`).

Invariant: the three parts are apart. Over all folds, but for those of time, every sample is a test sample
once, and every class is in every fold; so one fold that can be cut says that all can. In time every class is
in the training part, which only grows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from edgeml import install
from edgeml.datasets._base import Array
from edgeml.errors import EdgemlError, MissingToolError

SplitKind = Literal["auto", "stratified", "random", "grouped", "time"]

FEWEST_FOLDS = 3
"""One fold tests, one validates, the others are trained on."""

_ONCE = 5  # of five blocks one is 20 %


@dataclass(frozen=True)
class Partition:
    """The way from all samples to three parts.

    Attributes:
        kind: "auto" keeps the parts of the publisher; of folds it is stratified for classes, else random.
        folds: how many; 0 for a single split.
        fold: which of them is the test part, from 1.
        groups: the column of a .csv file, or the array of an .npz file, that names the group of each sample.
    """

    kind: SplitKind = "auto"
    folds: int = 0
    fold: int = 0
    groups: str = ""

    @property
    def published(self) -> bool:
        """True if the parts of the publisher stay as they are."""
        return self.kind == "auto" and not self.folds

    def cut(
        self,
        labels: Array | None,
        count: int,
        groups: Array | None,
        seed: int,
        where: str,
        classes: Sequence[str] = (),
    ) -> tuple[Array, Array, Array, str]:
        """The rows of the training, validation and test part, and one sentence about the split.

        Args:
            labels: the class of each sample, int64 (count,); None if the targets are no classes.
            count: how many samples there are.
            groups: the group of each sample, (count,), for the kind "grouped".
            seed: seeds the shuffle, which the order of time does without.
            where: the data set or file, for messages.
            classes: their names, for messages.

        Raises:
            EdgemlError: too few samples or groups, or a part would be without one of the classes.
            MissingToolError: scikit-learn is not installed.
        """
        kind = self.kind
        if kind == "stratified" and labels is None:
            what = "stratified keeps the shares of classes, and the targets are no classes"
            raise EdgemlError(what, f"{where}, data.split", "use random, grouped or time")
        if kind == "auto":
            kind = "random" if labels is None else "stratified"
        folds, fold = (self.folds, self.fold) if self.folds else (_ONCE, 1)
        named = f"{folds} folds" if self.folds else "60/20/20"
        if folds < FEWEST_FOLDS:
            what = f"{folds} folds are too few: one tests, one validates, the others are trained on"
            raise EdgemlError(what, "data.folds", f"use {FEWEST_FOLDS} folds or more")
        if count < folds + 2 * (kind == "time"):
            most = _most_folds(kind, count, labels, groups)
            hint = f"use at most {most} folds" if self.folds and most >= FEWEST_FOLDS else "add samples"
            raise EdgemlError(f"has {count} samples, too few for {named}", where, hint)
        one = f"{where}, {named}" if self.folds else where
        if kind == "time":
            parts = _in_time(count, folds if self.folds else 0, fold)
            if labels is not None:
                _check_classes("the training part", labels, parts[0], one, classes)
        else:
            blocks = _blocks(kind, folds, labels, count, groups, seed, where, classes)
            for number, block in enumerate(blocks, start=1):
                part = f"fold {number}" if self.folds else f"part {number} of 5"
                if labels is not None:
                    _check_classes(part, labels, block, one, classes)
            test, validation = blocks[fold - 1], blocks[fold % folds]
            training = np.setdiff1d(np.arange(count), np.concatenate([test, validation]))
            parts = training, validation, test
        how = kind if kind == "time" else f"{kind}, seed {seed}"
        text = f"fold {fold} of {folds}, {how}" if self.folds else f"split 60/20/20, {how}"
        training, validation, test = parts
        return training, validation, test, text


def _most_folds(kind: SplitKind, count: int, labels: Array | None, groups: Array | None) -> int:
    """The largest number of folds that samples, classes and groups allow."""
    if kind == "time":
        return count - 2
    if kind == "grouped" and groups is not None:
        return len(np.unique(groups))
    if kind == "stratified" and labels is not None:
        return int(np.unique(labels, return_counts=True)[1].min(initial=count))
    return count


def _blocks(
    kind: str,
    folds: int,
    labels: Array | None,
    count: int,
    groups: Array | None,
    seed: int,
    where: str,
    classes: Sequence[str],
) -> list[Array]:
    """The test rows of every fold."""
    selection = _selection(where)
    if kind == "grouped":
        if groups is None:
            hint = "set data.groups to the column or array with the group of each sample"
            raise EdgemlError("does not say which samples belong together", where, hint)
        distinct = len(np.unique(groups))
        if distinct < folds:
            what = f"has {distinct} groups, too few for {folds} parts that share none"
            raise EdgemlError(
                what,
                where,
                "take groups of which there are more (data.groups), fewer folds, or another data.split",
            )
        if labels is None:
            splitter = selection.GroupKFold(folds, shuffle=True, random_state=seed)
        else:
            splitter = selection.StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    elif kind == "stratified":
        assert labels is not None  # as `cut` chose it
        smallest = int(np.bincount(labels)[np.unique(labels)].min())
        if smallest < folds:
            rarest = int(np.argmin(np.bincount(labels) + count * (np.bincount(labels) == 0)))
            samples = f"{smallest} sample{'s' * (smallest != 1)}"
            what = f"{_class(rarest, classes)} has {samples}, fewer than {folds} parts"
            fewer = f", or use {smallest} folds" * (smallest >= FEWEST_FOLDS)
            raise EdgemlError(what, where, f"add samples, or drop the class{fewer}")
        splitter = selection.StratifiedKFold(folds, shuffle=True, random_state=seed)
    else:
        splitter = selection.KFold(folds, shuffle=True, random_state=seed)
    target = np.zeros(count) if labels is None else labels
    return [test for _, test in splitter.split(np.zeros(count), target, groups)]


def _in_time(count: int, folds: int, fold: int) -> tuple[Array, Array, Array]:
    """Blocks in their order: the first ones train, the next validates, the one after it tests."""
    if not folds:
        training, validation, test = np.split(np.arange(count), [count * 3 // 5, count * 4 // 5])
        return training, validation, test
    splitter = _selection("data.split=time").TimeSeriesSplit(folds + 1)
    before, test = list(splitter.split(np.zeros(count)))[fold]
    return before[: -len(test)], before[-len(test) :], test


def _check_classes(name: str, labels: Array, rows: Array, where: str, classes: Sequence[str]) -> None:
    """Refuse samples among which one of the classes is missing."""
    absent = np.setdiff1d(labels, labels[rows])
    if not len(absent):
        return
    hint = "use fewer folds, another data.split_seed or data.split"
    if np.count_nonzero(labels == absent[0]) < FEWEST_FOLDS:
        hint = "add samples of it, or drop the class"
    raise EdgemlError(f"{name} has no sample of {_class(int(absent[0]), classes)}", where, hint)


def _class(number: int, classes: Sequence[str]) -> str:
    return f"class {classes[number]!r:.60}" if classes else f"class {number} (counted from 0)"


def _selection(where: str) -> Any:
    try:
        from sklearn import model_selection
    except ImportError as error:
        raise MissingToolError(
            "scikit-learn is not installed; it splits data sets", where, install.command("data")
        ) from error
    return model_selection
