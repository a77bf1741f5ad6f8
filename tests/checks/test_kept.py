"""Rows of an earlier check: kept while what they speak of lies there, never passed off as new."""

from __future__ import annotations

import json

import pytest

from edgeml import pipeline
from edgeml.checks import golden as vectors
from edgeml.checks.result import Check, Result
from edgeml.files import write_atomic
from edgeml.report.collect import collect
from edgeml.report.facts import verdict
from tests.report.test_collect import iris_graph, make_run

OLD = "2026-01-02T03:04:05+00:00"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run with both ONNX models, and a check of them all that is made out to be old."""
    monkeypatch.setenv("EDGEML_LEDGER", str(tmp_path / "ledger.jsonl"))
    graph = iris_graph()
    run = make_run(tmp_path / "run", graph)
    data = run.data()
    vectors.save(vectors.make(graph, data.x_test, data.y_test), run.golden_file)
    pipeline.export(run, ["onnx", "qonnx"], {})
    pipeline.check(run, ["onnx", "qonnx", "evaluate", "hls4ml"])
    rewritten(run, {"checked": OLD})
    return run


def rewritten(run, update, only=""):
    check = Check.read(run.check_file)
    rows = [row.model_copy(update=update if only in row.backend else {}) for row in check.results]
    write_atomic(run.check_file, check.model_copy(update={"results": tuple(rows)}).to_json())


def rows(run) -> dict[str, Result]:
    return {row.backend: row for row in Check.read(run.check_file).results}


def test_what_is_not_asked_for_keeps_its_row_its_samples_and_its_date(run):
    before = rows(run)
    found = pipeline.check(run, ["onnx"], samples=7)
    assert [row.backend for row in found.results] == ["onnxruntime"]  # what was run now, and nothing else
    after = rows(run)
    assert list(after) == ["evaluate", "hls4ml", "onnxruntime", "qonnx"]
    assert {name: after[name] for name in ("evaluate", "qonnx", "hls4ml")} == {
        name: before[name] for name in ("evaluate", "qonnx", "hls4ml")
    }
    assert (after["qonnx"].samples, after["qonnx"].checked) == (30, OLD)
    assert (after["onnxruntime"].samples, after["onnxruntime"].status) == (7, "exact")
    assert after["onnxruntime"].checked > OLD
    assert after["hls4ml"].status == "not-run" and after["hls4ml"].digest == ""


def test_a_mismatch_is_kept_as_well(run):
    rewritten(run, {"status": "mismatch", "mismatches": 3}, "qonnx")
    pipeline.check(run, ["onnx"])
    assert (rows(run)["qonnx"].status, rows(run)["qonnx"].mismatches) == ("mismatch", 3)
    assert verdict(collect(run)).status == "mismatch"


def test_a_row_of_changed_files_is_not_run(run):
    (run.onnx / "qonnx.onnx").write_bytes((run.onnx / "qonnx.onnx").read_bytes() + b"\0")
    told = "its files changed since it was exact on 2026-01-02 (edgeml check RUN --with qonnx)"
    facts = collect(run)  # the report sees it even before another check
    assert facts.exactness is not None
    reported = {row.backend: row for row in facts.exactness.results}
    assert reported["qonnx"].status == "not-run" and told in reported["qonnx"].reason
    assert reported["onnxruntime"].status == "exact"
    pipeline.check(run, ["onnx"])
    assert rows(run)["qonnx"] == reported["qonnx"]
    assert rows(run)["qonnx"].samples == 0


@pytest.mark.parametrize("what", ["vectors", "graph"])
def test_other_vectors_and_another_graph_leave_no_row(run, what):
    graph, data = run.graph(), run.data()
    if what == "graph":
        from edgeml.ir import saved

        graph = iris_graph(classes=True)
        saved.save(graph).write(run.folder)
    vectors.save(vectors.make(graph, data.x_test[:20]), run.golden_file)
    pipeline.check(run, ["evaluate"])
    found = rows(run)
    assert found["evaluate"].status == "exact"
    assert {found["onnxruntime"].status, found["qonnx"].status} == {"not-run"}


def test_a_row_that_does_not_say_what_it_ran_is_not_carried_on(run):
    document = json.loads(run.check_file.read_text())
    for row in document["results"]:
        del row["digest"], row["checked"]  # as earlier versions wrote it
    run.check_file.write_text(json.dumps(document))
    assert verdict(collect(run)).status == "exact"  # the check as it is, by the graph it names
    pipeline.check(run, ["evaluate"])
    assert rows(run)["qonnx"].status == "not-run"
    assert "did not note what it ran" in rows(run)["qonnx"].reason


def test_a_damaged_check_is_made_anew(run):
    run.check_file.write_text("{")
    pipeline.check(run, ["evaluate"])
    assert list(rows(run)) == ["evaluate"]
