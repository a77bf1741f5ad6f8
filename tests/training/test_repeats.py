"""Folds and seeds: the statistics by hand, what is refused; processes and interruptions change nothing."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest

from edgeml import pipeline
from edgeml.cli.repeat_rows import facts_of, repeat_rows
from edgeml.errors import EdgemlError
from edgeml.pipeline import repeats
from edgeml.runs import Run
from edgeml.training.repeats import FILE, ModelName, RepeatRow, Repeats, RepeatSpread, spread
from edgeml.training.train import train
from tests.report.measured import sample_repeats
from tests.training.test_training import PRESET


def values(record: Repeats, model: ModelName) -> np.ndarray:
    return np.array([row.values[model]["accuracy"] for row in record.rows])


class Interval(NamedTuple):
    """A spread of several members, all of whose figures are stated."""

    members: int
    mean: float
    deviation: float
    low: float
    high: float


def interval(
    rows: Sequence[RepeatRow], figure: str, model: ModelName, minus: ModelName | None = None
) -> Interval:
    stated = spread(rows, figure, model, minus)
    assert stated is not None
    assert stated.deviation is not None
    assert stated.low is not None
    assert stated.high is not None
    return Interval(stated.members, stated.mean, stated.deviation, stated.low, stated.high)


class TestSpread:
    def test_over_folds_by_formula(self):
        record = sample_repeats(seeds=1)
        stated, ours = interval(record.rows, "accuracy", "fixed"), values(record, "fixed")
        assert stated.members == 3
        assert math.isclose(stated.mean, ours.mean())
        assert math.isclose(stated.deviation, math.sqrt(((ours - ours.mean()) ** 2).sum() / 2))
        half = 4.302652729911275 * stated.deviation * math.sqrt(1 / 3 + 20 / 60)  # t of 2 degrees of freedom
        assert math.isclose(stated.low, stated.mean - half) and math.isclose(stated.high, stated.mean + half)

    def test_seeds_of_a_fold_are_averaged_before_the_interval(self):
        record = sample_repeats()
        stated, ours = interval(record.rows, "accuracy", "qat"), values(record, "qat")
        assert stated.members == 6
        means = ours.reshape(3, 2).mean(axis=1)
        half = 4.302652729911275 * means.std(ddof=1) * math.sqrt(1 / 3 + 20 / 60)
        assert math.isclose(stated.high - stated.mean, half)
        assert math.isclose(stated.deviation, ours.std(ddof=1))

    def test_of_seeds_alone_and_of_a_single_one(self):
        record = sample_repeats(folds=0, seeds=4)
        stated = interval(record.rows, "accuracy", "float")
        half = 3.182446305284263 * values(record, "float").std(ddof=1) / 2
        assert math.isclose(stated.high - stated.mean, half)
        single = spread(record.rows[:1], "accuracy", "float")
        assert single is not None and (single.deviation, single.low, single.high) == (None, None, None)
        assert spread(record.rows, "mse", "float") is None

    def test_the_interval_of_a_share_ends_at_one(self):
        figures = RepeatSpread(mean=0.9, deviation=0.05, low=0.7, high=1.1, members=3)
        assert figures.shown_interval("share") == (0.7, 1.0)
        assert figures.shown_interval("share", signed=True) == (0.7, 1.1)
        assert figures.shown_interval("number") == (0.7, 1.1)

    def test_differences_are_taken_member_by_member(self):
        record = sample_repeats()
        stated = interval(record.rows, "accuracy", "fixed", "float")
        apart = values(record, "fixed") - values(record, "float")
        assert math.isclose(stated.deviation, apart.std(ddof=1))

    def test_rows_and_json_have_it(self):
        record = sample_repeats()
        found = facts_of(record)
        assert len(found["rows"]) == 6 and json.dumps(found)
        assert found["spread"]["accuracy"]["fixed"]["members"] == 6
        assert "3 folds (stratified by class), 2 seeds" in str(next(repeat_rows(record)))


@pytest.fixture(scope="module")
def preset_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("preset") / "awkward.py"
    path.write_text(PRESET.replace("float_epochs=5, epochs=6", "float_epochs=2, epochs=2"))
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"folds": 2}, "2 folds are too few"),
        ({"folds": -1}, "-1 is no number of folds .use 3 or more"),
        ({"folds": 60}, "class 'setosa' has 50 samples, fewer than 60 parts"),
        ({"seeds": 0}, "0 is no number of seeds"),
        ({"jobs": 0}, "0 is no number of jobs"),
        ({"jobs": 2}, "--jobs: there are no folds and no seeds .*add --folds 5"),
        ({"folds": 3, "settings": ("data.folds=5", "data.fold=1")}, "the run is one fold already"),
        ({"folds": 3, "settings": ("data.split=time",)}, "the training part has no sample of class"),
    ],
)
def test_what_cannot_be_repeated_is_refused_before_anything_is_trained(
    preset_file, tmp_path, changes, message
):
    with pytest.raises(EdgemlError, match=message):
        pipeline.RepeatPlan(str(preset_file), tmp_path / "run", **changes).check()
    assert not (tmp_path / "run").exists()


def prepared(preset_file, folder):
    from edgeml import presets

    run = train(presets.load(preset_file), folder)
    pipeline.lower(run)
    return run


@pytest.mark.slow
def test_folds_are_runs_whose_figures_stand_in_the_record(preset_file, tmp_path, monkeypatch):
    run = prepared(preset_file, tmp_path / "run")
    plan = pipeline.RepeatPlan(str(preset_file), run.folder, folds=3)
    told: list[str] = []
    real, trained = repeats.measure, []
    monkeypatch.setattr(
        repeats, "measure", lambda run, member: trained.append(member.fold) or real(run, member)
    )

    def stops(line: str) -> None:
        told.append(line)
        if line.startswith("fold 3 of 3: quantization-aware, 1 of 2"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pipeline.repeat(plan, stops)
    assert [row.fold for row in Repeats.read(run.folder / FILE).rows] == [1, 2]
    record = pipeline.repeat(plan)
    assert trained == [1, 2, 3] and record.complete
    assert told[0] == "fold 1 of 3: float baseline, 0 of 2 epochs"
    tested: set[bytes] = set()
    for row in record.rows:
        member = Run.open(run.folder / row.folder)
        assert (member.config.data.folds, member.config.data.fold) == (3, row.fold)
        data = member.data()
        assert (row.trained, row.tested) == (len(data.x_train), len(data.x_test))
        tested |= {sample.tobytes() for sample in data.dataset.x_test}
        assert set(row.values) == {"float", "qat", "fixed"}
    assert len(tested) == 149  # of 150 samples one is there twice
    shutil.rmtree(run.folder / "folds" / "2")
    again = pipeline.repeat(plan)
    assert trained == [1, 2, 3, 2]
    # The same weights; the file of the model holds the moment at which it was saved.
    assert [row.model_copy(update={"model": ""}) for row in again.rows] == [
        row.model_copy(update={"model": ""}) for row in record.rows
    ]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_processes_change_nothing_and_the_first_seed_is_the_run_itself(preset_file, tmp_path):
    one, two = (prepared(preset_file, tmp_path / name) for name in ("one", "two"))
    alone = pipeline.repeat(pipeline.RepeatPlan(str(preset_file), one.folder, seeds=2))
    several = pipeline.repeat(pipeline.RepeatPlan(str(preset_file), two.folder, seeds=2, jobs=2))
    assert [row.folder for row in several.rows] == [".", "seeds/1"]
    assert [row.values for row in several.rows] == [row.values for row in alone.rows]


@pytest.mark.slow
def test_an_error_in_a_process_is_that_error(preset_file, tmp_path):
    run = prepared(preset_file, tmp_path / "run")
    (run.folder / "folds" / "1").mkdir(parents=True)
    (run.folder / "folds" / "1" / "notes.txt").write_text("mine")
    plan = pipeline.RepeatPlan(str(preset_file), run.folder, folds=3, jobs=2)
    with pytest.raises(EdgemlError, match=r"folds/1: fold 1 of 3: is not empty and not a run"):
        pipeline.repeat(plan)
