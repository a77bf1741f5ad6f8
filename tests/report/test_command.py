"""`edgeml report` of one run and of several, as from a shell."""

from __future__ import annotations

import json

import pytest

from edgeml.report import COMPARISON_FILES, FILES
from edgeml.report.sections.speed import collect as speed
from tests.cli.command import Shell
from tests.report.test_collect import iris_graph, make_run


@pytest.fixture
def edgeml(monkeypatch, capfd, tmp_path):
    monkeypatch.setattr(speed, "SECONDS", 0.01)
    monkeypatch.setenv("EDGEML_LEDGER", str(tmp_path / "ledger.jsonl"))
    return Shell(monkeypatch, capfd)


@pytest.fixture
def runs(tmp_path):
    return [make_run(tmp_path / "runs" / name, iris_graph()).folder for name in ("one", "two")]


def test_one_run_is_reported_in_its_folder_or_in_another(edgeml, runs, tmp_path):
    outcome = edgeml("report", str(runs[0]), "--json")
    assert outcome.code == 0, outcome
    assert json.loads(outcome.out) == json.loads((runs[0] / "report.json").read_text())
    outcome = edgeml("report", str(runs[1]), "--out", str(tmp_path / "elsewhere"))
    assert outcome.code == 0 and "elsewhere" in outcome.out
    assert all((tmp_path / "elsewhere" / name).is_file() for name in FILES)
    assert not (runs[1] / "report.json").exists()


def test_a_section_that_is_missing_is_named_and_exits_with_1(edgeml, runs):
    (runs[0] / "check.json").write_text("{")
    outcome = edgeml("report", str(runs[0]))
    assert outcome.code == 1
    assert "not in the report: exactness" in outcome.err and "check.json" in outcome.err
    assert all((runs[0] / name).is_file() for name in FILES)


def test_several_runs_are_compared_beside_the_first(edgeml, runs, tmp_path):
    outcome = edgeml("report", *map(str, runs), "--json")
    assert outcome.code == 0, outcome
    document = json.loads(outcome.out)
    assert [run["label"] for run in document["runs"]] == ["one", "two"]
    assert all((tmp_path / "runs" / "comparison" / name).is_file() for name in COMPARISON_FILES)


def test_boards_are_chosen_and_recorded(edgeml, runs, tmp_path):
    outcome = edgeml("report", str(runs[0]), "--board", "basys3", "--board", "icebreaker", "--json")
    assert outcome.code == 0, outcome
    found = json.loads(outcome.out)
    assert found["compared"] == ["basys3", "icebreaker"]
    assert {row["board"] for row in found["resources"]} == {"pynq-z2", "basys3", "icebreaker"}
    before = (runs[0] / "report.json").read_bytes()
    outcome = edgeml("report", str(runs[0]), "--board", "basys")
    assert outcome.code == 2 and "basys3" in outcome.err
    assert (runs[0] / "report.json").read_bytes() == before


def test_runs_are_compared_on_the_board_that_is_asked_for(edgeml, runs, tmp_path):
    outcome = edgeml("report", *map(str, runs), "--board", "zcu104", "--json")
    assert outcome.code == 0, outcome
    assert json.loads(outcome.out)["board"]["name"] == "zcu104"
    made = [(run / "report.json").stat().st_mtime_ns for run in runs]
    assert json.loads(edgeml("report", *map(str, runs), "--json").out)["board"]["name"] == "pynq-z2"
    assert [(run / "report.json").stat().st_mtime_ns for run in runs] == made  # they know both boards
    edgeml("report", *map(str, runs), "--board", "basys3")
    assert [json.loads((run / "report.json").read_text())["compared"] for run in runs] == [["basys3"]] * 2


def test_what_is_no_run_leaves_nothing_behind(edgeml, runs, tmp_path):
    outcome = edgeml("report", str(runs[0]), str(tmp_path / "nowhere"), "--out", str(tmp_path / "out"))
    assert outcome.code == 2 and "not a run folder" in outcome.err
    assert edgeml("report", str(runs[0]), str(runs[0]), "--out", str(tmp_path / "out")).code == 2
    assert not (tmp_path / "out").exists()
