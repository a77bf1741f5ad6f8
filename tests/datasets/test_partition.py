"""Parts of all samples together: what no part may share, what every part must have, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edgeml.datasets import Partition
from edgeml.errors import EdgemlError
from edgeml.presets import DataSpec, prepare

LABELS = np.repeat([0, 1, 2], [30, 15, 6])
GROUPS = np.arange(51) % 17


def cuts(partition: Partition, labels: Any = LABELS, groups: Any = None, folds: int = 5) -> list[Any]:
    from dataclasses import replace

    return [
        replace(partition, folds=folds, fold=fold).cut(labels, len(GROUPS), groups, 3, "here")
        for fold in range(1, folds + 1)
    ]


@pytest.mark.parametrize("kind", ["auto", "stratified", "random", "grouped"])
@pytest.mark.parametrize("labels", [np.arange(51) % 2, None])
def test_every_sample_is_tested_once_and_validates_once(kind, labels) -> None:
    if kind == "stratified" and labels is None:
        with pytest.raises(EdgemlError, match=r"the targets are no classes .use random, grouped or time"):
            cuts(Partition(kind), labels)
        return
    parts = cuts(Partition(kind), labels, GROUPS if kind == "grouped" else None)
    for place in (1, 2):
        assert sorted(np.concatenate([part[place] for part in parts])) == list(range(51))
    for training, validation, test, _ in parts:
        assert sorted(np.concatenate([training, validation, test])) == list(range(51))
        if kind == "grouped":
            apart = [set(GROUPS[rows]) for rows in (training, validation, test)]
            assert not (apart[0] & apart[1] or apart[0] & apart[2] or apart[1] & apart[2])


def test_stratified_parts_have_the_shares_of_the_whole() -> None:
    for training, _, test, text in cuts(Partition("stratified"), folds=3):
        assert np.bincount(LABELS[test]).tolist() == [10, 5, 2]
        assert np.bincount(LABELS[training]).tolist() == [10, 5, 2]
        assert text.endswith("of 3, stratified, seed 3")


def test_in_time_nothing_is_trained_on_that_comes_later() -> None:
    parts = cuts(Partition("time"), None, folds=4)
    for training, validation, test, _ in parts:
        assert training.max() < validation.min() <= validation.max() < test.min()
    assert [len(part[0]) for part in parts] == sorted({len(part[0]) for part in parts})
    assert parts[-1][2].max() == 50
    training, validation, test, text = Partition("time").cut(None, 50, None, 0, "here")
    assert (len(training), len(validation), len(test)) == (30, 10, 10) and text == "split 60/20/20, time"
    assert test.min() == 40


@pytest.mark.parametrize(
    ("kind", "labels", "groups", "most"),
    [
        ("auto", LABELS, None, 6),
        ("time", None, None, 49),
        ("grouped", None, GROUPS, 17),
        ("random", None, None, 51),
    ],
)
def test_the_most_folds_of_the_remedy_work(kind, labels, groups, most) -> None:
    assert len(Partition(kind, most, 1).cut(labels, 51, groups, 0, "here")) == 4
    with pytest.raises(EdgemlError, match=f"at most {most} folds"):
        Partition(kind, 52, 1).cut(labels, 51, groups, 0, "here")


def test_equal_seeds_give_equal_parts() -> None:
    for one, two in zip(cuts(Partition()), cuts(Partition()), strict=True):
        np.testing.assert_array_equal(one[2], two[2])


@pytest.mark.parametrize(
    ("partition", "labels", "groups", "message"),
    [
        (Partition(folds=2, fold=1), LABELS, None, "2 folds are too few: .* .use 3 folds or more"),
        (Partition(folds=52, fold=1), None, None, "has 51 samples, too few for 52 folds .use at most 51"),
        (Partition(folds=52, fold=1), LABELS, None, "too few for 52 folds .use at most 6 folds"),
        (Partition("time", 50, 1), None, None, "too few for 50 folds .use at most 49 folds"),
        (Partition("grouped", 60, 1), None, GROUPS, "too few for 60 folds .use at most 17 folds"),
        (Partition(folds=7, fold=1), LABELS, None, r"class 2 .* has 6 samples, fewer than 7 parts"),
        (Partition(folds=7, fold=1), LABELS, None, r"drop the class, or use 6 folds"),
        (Partition("time"), LABELS, None, "the training part has no sample of class 1"),
        (Partition("grouped"), LABELS, None, r"which samples belong together .set data\.groups"),
        (Partition("grouped"), LABELS, GROUPS % 4, "has 4 groups, too few for 5 parts"),
        (Partition("grouped"), LABELS, np.repeat(np.arange(6), [30, 5, 5, 5, 2, 4]), "no sample of class 0"),
        (Partition("random", 25, 1), LABELS, None, r"25 folds: fold \d+ has no sample of class"),
    ],
)
def test_refused(partition, labels, groups, message) -> None:
    with pytest.raises(EdgemlError, match=message):
        partition.cut(labels, 51, groups, 0, "here")


def test_a_class_that_a_fold_lacks_is_named_with_a_remedy_that_works() -> None:
    labels = np.array([0] * 30 + [1] * 18 + [2])
    with pytest.raises(EdgemlError, match=r"no sample of class 'rare' .add samples of it, or drop the class"):
        Partition("random", 4, 1).cut(labels, 49, None, 0, "here", ("a", "b", "rare"))
    with pytest.raises(EdgemlError, match=r"class 'rare' has 1 sample, .* .add samples, or drop the class.$"):
        Partition("auto", 4, 1).cut(labels, 49, None, 0, "here", ("a", "b", "rare"))


def test_a_column_of_groups_is_no_feature(tmp_path) -> None:
    pytest.importorskip("pandas")
    path = tmp_path / "own.csv"
    rows = [f"{i % 10},{i},{i / 3:.3f},{'ab'[i % 2]}" for i in range(60)]
    path.write_text("\n".join(["patient,time,size,class", *rows]))
    spec = DataSpec(dataset=str(path), split="grouped", groups="patient")
    data = prepare(spec)
    assert data.dataset.feature_names == ("time", "size") and data.x_train.shape[1:] == (2,)
    apart = [{int(row[0]) % 10 for row in part} for part in (data.x_train, data.x_val, data.x_test)]
    assert sum(map(len, apart)) == 10
    with pytest.raises(EdgemlError, match="did you mean patient"):
        prepare(spec.model_copy(update={"groups": "patent"}))


@pytest.mark.parametrize("task", ["regression", "autoencoder"])
def test_targets_that_are_numbers_take_groups_from_an_array(tmp_path, task) -> None:
    path = tmp_path / "own.npz"
    x = np.arange(80.0).reshape(40, 2)
    np.savez(path, x=x, y=x[:, :1] / 7, station=np.arange(40) // 4)
    data = prepare(DataSpec(dataset=str(path), task=task, split="grouped", groups="station", folds=5, fold=2))
    apart = [{int(row[0]) // 8 for row in part} for part in (data.x_train, data.x_val, data.x_test)]
    assert [len(part) for part in apart] == [6, 2, 2] and not set.intersection(*apart)
    assert data.dataset.note == "fold 2 of 5, grouped, seed 0"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"folds": 5}, "fold 0 is none of 5"),
        ({"fold": 1}, "none of 0"),
        ({"folds": 3, "fold": 4}, "fold 4 is"),
    ],
)
def test_a_fold_is_one_of_them(values, message) -> None:
    with pytest.raises(ValueError, match=message):
        DataSpec(dataset="iris", **values)


def test_published_data_have_no_groups() -> None:
    with pytest.raises(EdgemlError, match="iris: has no groups 'patient'"):
        prepare(DataSpec(dataset="iris", split="grouped", groups="patient"))
