"""The search with outcomes by a formula: equal seeds, interruptions, limits, failures, the storage."""

from __future__ import annotations

import re
import sqlite3
from itertools import pairwise
from pathlib import Path
from typing import Any

import optuna
import pytest

from edgeml.errors import EdgemlError
from edgeml.explore.baseline import base_file
from edgeml.explore.begin import begin_study
from edgeml.explore.differences import neighbour, sentence
from edgeml.explore.record import FILE, RowState, StudyRecord, TrialRow
from edgeml.explore.request import Sampler, StudyLimit, StudyRequest
from edgeml.explore.search import Search
from edgeml.explore.space import SizedTopology
from edgeml.explore.storage import shown_url, stored_row
from edgeml.explore.trial import TrialStage
from tests.explore.made_up import FLOAT, MadeUpPool, question


def searched(root: Path, request: StudyRequest, trials: int = 18, url: str = "", **pool: Any) -> StudyRecord:
    root.mkdir(exist_ok=True)
    begin_study(root, request, overwrite=False)
    return Search(request, root, trials, 1, MadeUpPool(**pool), url).run()


def what_counts(record: StudyRecord) -> Any:
    return record.front, record.knee, record.columns


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> StudyRecord:
    """The plain question, searched without an interruption."""
    return searched(tmp_path_factory.mktemp("whole") / "a", question())


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "sampler", [Sampler.TPE, *(pytest.param(one, marks=SLOW) for one in Sampler if one != Sampler.TPE)]
)
def test_the_order_of_results_changes_nothing(sampler, whole, tmp_path) -> None:
    request = question(sampler=sampler)
    first = whole if request == question() else searched(tmp_path / "a", request, seed=0)
    assert what_counts(searched(tmp_path / "b", request, seed=5)) == what_counts(first)
    assert len(first.columns) == 18 and first.front
    assert first.columns.states.count(RowState.DROPPED) > 6, "successive halving drops"
    other = searched(tmp_path / "c", question(sampler=sampler, seed=1), seed=0)
    assert other.columns.points != first.columns.points


@pytest.mark.parametrize("stop_at", [9, *(pytest.param(one, marks=SLOW) for one in (1, 5, 14, 25))])
def test_an_interrupted_search_ends_like_another(stop_at, whole, tmp_path) -> None:
    with pytest.raises(KeyboardInterrupt):
        searched(tmp_path / "b", question(), stop_at=stop_at)
    again = searched(tmp_path / "b", question())
    assert what_counts(again) == what_counts(whole)
    assert what_counts(StudyRecord.read(tmp_path / "b" / FILE)) == what_counts(whole)


def test_more_trials_go_on_from_those_that_are_there(whole, tmp_path) -> None:
    searched(tmp_path / "a", question(), trials=12)
    pool = MadeUpPool()
    root = tmp_path / "a"
    record = Search(question(), root, 18, 1, pool).run()
    assert {number for number, _ in pool.done} <= set(range(12, 18))
    assert what_counts(record) == what_counts(whole)


def test_the_preset_as_it_is_comes_first_and_is_trained_to_its_end(whole) -> None:
    assert whole.own is not None and whole.own.state is RowState.TRAINED
    assert whole.own.point == {
        "activation_bits.act1": 6,
        "clock": 100.0,
        "weight_bits.fc1": 6,
        "weight_bits.logits": 6,
    }


SIZES = {
    "knobs": ("weight_bits", "activation_bits", "sizes"),
    "ranges": ("sizes.fc1=16,32", "sizes.fc2=0,32"),
}


def test_a_question_that_was_refused_before_its_first_trial_can_be_put_right(tmp_path) -> None:
    with pytest.raises(EdgemlError, match="unknown dimension"):
        searched(tmp_path / "a", question(ranges=("weight_bits.fc7=2:4",)))
    assert searched(tmp_path / "a", question()).front
    with pytest.raises(EdgemlError, match="holds another study"):
        searched(tmp_path / "a", question(seed=4))


def test_each_topology_has_one_float_baseline(tmp_path) -> None:
    request = question(**SIZES)
    root = tmp_path / "a"
    root.mkdir()
    begin_study(root, request, overwrite=False)
    pool = MadeUpPool()
    record = Search(request, root, 18, 1, pool).run()
    assert len(set(pool.bases)) == len(pool.bases) > 2 and pool.bases[0] == ""
    sizes = set(zip(*(record.columns.points[f"sizes.fc{n}"] for n in (1, 2)), strict=True))
    assert len(sizes) == len(pool.bases)
    without = [at for at, size in enumerate(record.columns.points["sizes.fc2"]) if size == 0]
    assert without and all(record.columns.points["activation_bits.act1"][at] is None for at in without)

    again = MadeUpPool(seed=3)
    Search(request, root, 24, 1, again).run()
    assert not set(again.bases) & set(pool.bases)
    assert what_counts(searched(tmp_path / "b", request, seed=7)) == what_counts(record)


def test_a_topology_whose_baseline_cannot_be_trained_fails_its_trials_alone(tmp_path) -> None:
    request = question(**SIZES)
    whole = searched(tmp_path / "a", request)
    name = "fc1-16_fc2-0"
    record = searched(tmp_path / "b", request, no_base=name)
    failed = record.columns.states.count(RowState.FAILED)
    assert record.failures == {"float baseline fc1-16, fc2-0: diverges": failed}
    assert record.front and not whole.failures


def test_equal_settings_are_worked_on_once(tmp_path) -> None:
    request = question(knobs=("clock",))
    pool, root = MadeUpPool(), tmp_path / "a"
    root.mkdir()
    begin_study(root, request, False)
    record = Search(request, root, 24, 1, pool).run()
    assert len(record.columns) == 24
    assert len({number for number, _ in pool.done}) == 4, "four clocks are four designs"


class TestLimits:
    def test_the_front_keeps_them_with_the_unfavourable_ends(self, tmp_path) -> None:
        limits = (
            StudyLimit(metric="accuracy_loss", most=2.0, stated="2"),
            StudyLimit(metric="lut", most=20_000.0, stated="20000"),
        )
        record = searched(tmp_path / "a", question(limits=limits), trials=30)
        assert record.front
        for row in record.front:
            assert row.figures["lut"].most <= 20_000 and FLOAT - row.figures["accuracy"].value <= 2.0
        above = [row for row in _rows(tmp_path / "a", 30) if row.state is RowState.TRAINED and row.excess]
        assert above, "the preset as it is takes more"

    @pytest.mark.slow
    def test_if_none_keeps_them_it_says_which_binds_and_by_how_much(self, tmp_path) -> None:
        limits = (
            StudyLimit(metric="lut", most=1500.0, stated="1500"),
            StudyLimit(metric="latency", most=1e6, stated="1ms"),
        )
        record = searched(tmp_path / "a", question(limits=limits))
        assert not record.front and record.knee is None
        lut, latency = record.binding
        nearest = next(row for row in _rows(tmp_path / "a", 18) if row.number == lut.trial)
        assert lut.nearest == nearest.figures["lut"].most - 1500.0 > 0
        assert latency.nearest == 0.0
        said = sentence(record)
        assert re.search(
            r"no trial keeps all limits; trial \d+ misses them least: LUT is [\d,]+ above 1500", said
        )
        assert "it keeps latency" in said

    @pytest.mark.slow
    def test_one_that_is_not_known_is_not_kept(self, tmp_path) -> None:
        record = searched(tmp_path / "a", question(limits=(StudyLimit(metric="dsp", most=5.0, stated="5"),)))
        assert not record.front


def _rows(root: Path, count: int) -> list[TrialRow]:
    return [stored_row(root, "", number) for number in range(count)]


class TestFailures:
    def test_a_failed_trial_is_its_row(self, tmp_path) -> None:
        record = searched(tmp_path / "a", question(), fail="3|7")
        assert record.columns.states[3] is record.columns.states[7] is RowState.FAILED
        assert record.front and sum(record.failures.values()) == 2
        assert stored_row(tmp_path / "a", "", 3).reason == "trial 3: cannot be built"

    def test_if_all_fail_at_first_the_reason_is_the_error(self, tmp_path) -> None:
        with pytest.raises(EdgemlError, match="trial .*: cannot be built"):
            searched(tmp_path / "a", question(), fail=".*")

    @pytest.mark.slow
    def test_a_full_disk_ends_the_search_and_nothing_is_lost(self, whole, tmp_path) -> None:
        searched(tmp_path / "a", question(), trials=6)
        with pytest.raises(EdgemlError, match="No space left on device.*same command goes on"):
            searched(tmp_path / "a", question(), fail="8", error="No space left on device")
        assert what_counts(searched(tmp_path / "a", question())) == what_counts(whole)

    def test_a_storage_that_is_no_storage_is_closed(self, tmp_path, monkeypatch) -> None:
        root = tmp_path / "a"
        root.mkdir()
        begin_study(root, question(), False)
        (root / "study.db").write_bytes(b"not a database, whatever its name says" * 100)
        opened: list[Noted] = []

        class Noted(sqlite3.Connection):
            closed = False

            def close(self) -> None:
                self.closed = True
                super().close()

        def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
            opened.append(real(*arguments, **options, factory=Noted))
            return opened[-1]

        real = sqlite3.connect
        monkeypatch.setattr("sqlite3.dbapi2.connect", connect)
        with pytest.raises(EdgemlError, match="the storage cannot be used: .*same command goes on"):
            searched(root, question())
        assert opened and all(one.closed for one in opened)

    @pytest.mark.slow
    def test_a_storage_that_went_away_and_came_back(self, whole, tmp_path) -> None:
        root, away = tmp_path / "a", tmp_path / "away.db"
        searched(root, question(), trials=6)

        class Vanishing(MadeUpPool):
            def results(self, jobs, tell=lambda _: None):
                yield from super().results(jobs, tell)
                if (root / "study.db").is_file():
                    (root / "study.db").rename(away)
                    (root / "study.db").mkdir()

        with pytest.raises(EdgemlError, match="the storage cannot be used"):
            Search(question(), root, 18, 1, Vanishing()).run()
        (root / "study.db").rmdir()
        away.rename(root / "study.db")
        assert what_counts(searched(root, question())) == what_counts(whole)

    def test_one_that_cannot_be_reached_or_has_no_driver(self, tmp_path) -> None:
        with pytest.raises(EdgemlError, match=r"me:\*\*\*@127.0.0.1:1/none.*the storage cannot be used"):
            searched(tmp_path / "a", question(), url="postgresql://me:secret@127.0.0.1:1/none")
        assert not base_file(tmp_path / "a", SizedTopology()).exists()  # nothing was trained for it

    def test_a_password_is_not_shown(self) -> None:
        assert shown_url("postgresql://me:se:cret@host/db") == "postgresql://me:***@host/db"


def test_another_question_is_refused_and_overwritten(tmp_path) -> None:
    searched(tmp_path / "a", question(), trials=6)
    with pytest.raises(EdgemlError, match="holds another study: seed is 0 there, 1 now"):
        begin_study(tmp_path / "a", question(seed=1), overwrite=False)
    begin_study(tmp_path / "a", question(seed=1), overwrite=True)
    assert not (tmp_path / "a/study.db").exists() and not (tmp_path / "a" / FILE).exists()
    (tmp_path / "b").mkdir()
    (tmp_path / "b/mine.txt").write_text("mine")
    with pytest.raises(EdgemlError, match="is not empty and not a study"):
        begin_study(tmp_path / "b", question(), overwrite=True)


@pytest.mark.slow
def test_optuna_reads_the_same_storage(tmp_path) -> None:
    record = searched(tmp_path / "a", question())
    study = optuna.load_study(study_name="edgeml", storage=f"sqlite:///{tmp_path}/a/study.db")
    assert study.metric_names == ["accuracy", "lut"]
    states = [trial.state.name for trial in study.trials]
    assert states.count("COMPLETE") == record.columns.states.count(RowState.TRAINED)
    assert states.count("PRUNED") == record.columns.states.count(RowState.DROPPED)
    best = {trial.number for trial in study.best_trials}
    assert {row.number for row in record.front} == best


@pytest.mark.slow
def test_neighbours_state_what_is_another(tmp_path) -> None:
    record = searched(tmp_path / "a", question(), trials=30)
    assert len(record.front) > 2
    for before, now in pairwise(record.front):
        between = neighbour(record, before, now)
        changed = [name for name in now.point if now.point[name] != before.point[name]]
        assert [text.split(" ")[0] for text in between.choices] == changed
        assert any(text.startswith("LUT -") for text in between.effects), "less accuracy, fewer LUTs"


def test_stages_come_in_their_order(tmp_path) -> None:
    pool, root = MadeUpPool(), tmp_path / "a"
    root.mkdir()
    begin_study(root, question(), False)
    Search(question(), root, 6, 1, pool).run()
    stages = [stage for _, stage in pool.done]
    assert stages == sorted(stages, key=list(TrialStage).index)
    assert [stages.count(stage) for stage in TrialStage] == [6, 4, 2]
