"""The stated fractions, classes in every part, no sample lost or twice."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.datasets._base import Raw, Split
from edgeml.datasets._splits import split
from edgeml.errors import EdgemlError

Y = np.repeat([0, 1, 2], [100, 60, 40])
ALL = Split(np.arange(200)[:, None], Y)


def test_sixty_twenty_twenty() -> None:
    *parts, how = split(Raw(ALL, ("a", "b", "c")), 0, "")
    assert [np.bincount(part.y).tolist() for part in parts] == [[60, 36, 24], [20, 12, 8], [20, 12, 8]]
    assert sorted(np.concatenate([part.x[:, 0] for part in parts])) == list(range(200))
    assert all((Y[part.x[:, 0]] == part.y).all() for part in parts)
    assert how == "split 60/20/20, stratified, seed 0"


def test_a_given_test_part_is_left_alone() -> None:
    test = Split(np.full((30, 1), -1), np.zeros(30, int))
    train, val, kept, how = split(Raw(ALL, ("a", "b", "c"), test), 5, "")
    assert kept is test
    assert np.bincount(val.y).tolist() == [10, 6, 4]
    assert sorted([*train.x[:, 0], *val.x[:, 0]]) == list(range(200))
    assert "seed 5" in how


def test_seeds() -> None:
    raw = Raw(ALL, ("a", "b", "c"))
    first, again, other = (split(raw, seed, "")[0].x for seed in (0, 0, 1))
    assert (first == again).all()
    assert not (first == other).all()


@pytest.mark.parametrize("rare", [1, 2, 3])
def test_too_rare_a_class(rare: int) -> None:
    y = np.repeat([0, 1], [100, rare])
    with pytest.raises(EdgemlError, match="every class in every part") as caught:
        split(Raw(Split(np.zeros((len(y), 1)), y), ("a", "b")), 0, "flows.csv")
    assert caught.value.where == "flows.csv"
    assert "x_val" in caught.value.hint
