"""Rows of an earlier check: kept while what they speak of lies there, never passed off as new."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from edgeml import pipeline
from edgeml.checks import earlier
from edgeml.checks import golden as vectors
from edgeml.checks.result import Check, Result
from edgeml.files import write_atomic
from edgeml.report.collect import collect
from edgeml.report.sections.exactness.view import verdict
from tests.report.test_collect import iris_graph, make_run

OLD = "2026-01-02T03:04:05+00:00"


@pytest.fixture
def run(tmp_path):
    """A run with both ONNX models, and a check of them all that is made out to be old."""
    graph = iris_graph()
    run = make_run(tmp_path / "run", graph)
    data = run.data()
    vectors.save(vectors.make(graph, data.x_test, data.y_test), run.golden_file)
    pipeline.export(run, ["onnx", "qonnx"], {})
    pipeline.check(run, ["onnx", "qonnx", "evaluate", "hls4ml"])
    rewritten(run, {"checked": OLD})
    return run


def rewritten(run, update, only="", stamp=True):
    """check.json with other rows; an honest one is stamped, an edited one is not."""
    check = Check.read(run.check_file)
    changed = [row.model_copy(update=update if only in row.backend else {}) for row in check.results]
    check = check.model_copy(update={"results": tuple(changed)})
    if stamp:
        graph = run.graph()
        now = earlier.prints(run.folder, graph, vectors.read(run.golden_file, graph))
        check = earlier.stamped(check, now, datetime.fromisoformat(OLD))
    write_atomic(run.check_file, check.to_json())


def reported(run) -> Check:
    """The text of a report on the check."""
    found = collect(run).exactness
    assert found is not None
    return found


def rows(run) -> dict[str, Result]:
    return {row.backend: row for row in Check.read(run.check_file).results}


def test_an_executor_not_asked_for_keeps_its_row_its_samples_and_its_date(run):
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
    told = "the row itself changed since it was exact on 2026-01-02 (edgeml check RUN --with qonnx)"
    facts = collect(run)  # the report sees it even before another check
    assert facts.exactness is not None
    assert facts.exactness["qonnx"].status == "not-run" and told in facts.exactness["qonnx"].reason
    assert facts.exactness["onnxruntime"].status == "exact"
    pipeline.check(run, ["onnx"])
    assert rows(run)["qonnx"] == facts.exactness["qonnx"]
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


def test_a_row_that_does_not_say_what_it_ran_is_not_believed(run):
    document = json.loads(run.check_file.read_text())
    for row in document["results"]:
        del row["digest"], row["checked"]  # as earlier versions wrote it
    run.check_file.write_text(json.dumps(document))
    assert verdict(collect(run)).status == "unknown"
    assert {row.status for row in reported(run).results} == {"not-run"}
    pipeline.check(run, ["evaluate"])
    assert rows(run)["qonnx"].status == "not-run"
    assert "did not note what it ran" in rows(run)["qonnx"].reason


@pytest.mark.parametrize(
    ("change", "stamp", "told"),
    [
        ({"samples": 1_000_000}, False, "it says 1,000,000 samples"),
        ({"samples": 1_000_000}, True, "it says 1,000,000 samples"),
        ({"samples": 29}, False, "the row itself changed"),
        ({"seconds": 0.001}, False, "the row itself changed"),
        (
            {"checked": "2030-01-01T00:00:00+00:00"},
            False,
            "the row itself changed since it was exact on 2030",
        ),
        ({"reason": "proven"}, False, "the row itself changed"),
        ({"digest": "0" * 64}, False, "the row itself changed"),
        ({"backend": "verilator"}, False, "the row itself changed"),
        ({"backend": "hls5ml"}, False, "the row itself changed"),
    ],
)
def test_an_edited_row_is_not_run_in_the_report_and_in_the_next_check(run, change, stamp, told):
    rewritten(run, change, "qonnx", stamp=stamp)
    name = change.get("backend", "qonnx")
    row = reported(run)[name]
    assert row.status == "not-run" and told in row.reason
    pipeline.check(run, ["evaluate"])
    assert rows(run)[name] == row


def test_an_edited_mismatch_is_not_exact(run):
    rewritten(run, {"status": "mismatch", "mismatches": 3, "max_abs_lsb": 1}, "qonnx")
    rewritten(run, {"status": "exact", "mismatches": 0, "max_abs_lsb": 0}, "qonnx", stamp=False)
    assert reported(run)["qonnx"].status == "not-run"


def test_without_vectors_or_for_another_graph_no_row_is_believed(run):
    whole = run.golden_file.read_bytes()
    run.golden_file.unlink()
    found = reported(run)
    assert {row.status for row in found.results} == {"not-run"} and found.samples == 0
    run.golden_file.write_bytes(whole)
    assert verdict(collect(run)).status == "exact"
    check = Check.read(run.check_file)
    write_atomic(run.check_file, check.model_copy(update={"graph": "0" * 64, "samples": 10**6}).to_json())
    assert verdict(collect(run)).status == "unknown" and reported(run).samples == 30


def test_a_failure_is_kept_until_its_files_change(run):
    whole = (run.onnx / "qonnx.onnx").read_bytes()
    (run.onnx / "qonnx.onnx").write_bytes(whole[:99])
    assert not pipeline.check(run, ["qonnx"]).ok
    assert rows(run)["qonnx"].failed and rows(run)["qonnx"].digest
    assert verdict(collect(run)).text == "qonnx does not run"
    pipeline.check(run, ["evaluate"])
    assert rows(run)["qonnx"].failed
    (run.onnx / "qonnx.onnx").write_bytes(whole)
    assert verdict(collect(run)).status == "exact"
    pipeline.check(run, ["evaluate"])
    assert not rows(run)["qonnx"].failed and rows(run)["qonnx"].status == "not-run"


def test_a_damaged_check_is_made_anew(run):
    run.check_file.write_text("{")
    pipeline.check(run, ["evaluate"])
    assert list(rows(run)) == ["evaluate"]
