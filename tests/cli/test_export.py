"""`edgeml export` writes what can be written, and what cannot be is known ever after."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgeml import api, pipeline
from edgeml.checks import exported
from edgeml.errors import EdgemlError
from tests.cli.command import Shell

REFUSED = ("--set", "hls4ml.reuse_factor=7")
"""No layer of the run has such a factor."""


def test_one_refusal_does_not_keep_the_others_from_being_written(edgeml: Shell, run: Path) -> None:
    (run / "onnx" / "exact.onnx").unlink()
    outcome = edgeml("export", str(run), "--to", "onnx,hls4ml,verilog", *REFUSED, "--json")
    assert outcome.code == 1, outcome
    rows = {row["backend"]: row for row in json.loads(outcome.out)}
    assert rows["onnx"]["files"] and rows["verilog"]["files"] and not rows["hls4ml"]["files"]
    assert "reuse" in rows["hls4ml"]["reason"]
    assert (run / "onnx" / "exact.onnx").is_file() and (run / "verilog" / "edgeml.json").is_file()
    assert not (run / "hls4ml").exists()
    table = edgeml("export", str(run), "--to", "onnx,hls4ml", *REFUSED)
    assert table.code == 1 and "written" in table.out and "reuse" in table.out
    # All that is there: what cannot be written is no failure, for nobody named it.
    assert edgeml("export", str(run), "--to", "all", *REFUSED).code == 0


def test_alone_it_is_an_error_and_its_reason_is_kept(edgeml: Shell, run: Path) -> None:
    outcome = edgeml("export", str(run), "--to", "hls4ml", *REFUSED)
    assert outcome.code == 2 and "reuse" in outcome.err
    checked = edgeml("check", str(run), "--with", "hls4ml,onnx", "--json")
    assert checked.code == 0
    reasons = {row["backend"]: row["reason"] for row in json.loads(checked.out)["results"]}
    assert "could not be exported" in reasons["hls4ml"] and "reuse" in reasons["hls4ml"]
    assert "edgeml export RUN" not in reasons["hls4ml"]
    assert edgeml("report", str(run)).code == 0
    assert "could not be exported" in (run / "report.md").read_text()


def test_a_goal_that_one_design_cannot_meet_does_not_keep_the_others(edgeml: Shell, run: Path) -> None:
    words = ("--board", "pynq-z2", "--max-latency", "1")
    outcome = edgeml("export", str(run), "--to", "onnx,hls4ml", *words)
    assert outcome.code == 1, outcome
    assert "written" in outcome.out
    outcome = edgeml("export", str(run), "--to", "onnx,verilog", "--fit")
    assert outcome.code == 2 and "need a board" in outcome.err


def test_why_there_is_no_float_model_is_kept(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(model: object) -> bytes:
        raise EdgemlError("this layer has no float form", "fc1")

    monkeypatch.setattr("edgeml.keras.float_onnx.float_onnx", refuse)
    opened = api.load(run)
    for name in ("float", "int8"):
        (run / "onnx" / f"{name}.onnx").unlink()
    rows = {row.backend: row.reason for row in pipeline.export(opened, ["onnx"], {})}
    assert rows["float"] == rows["int8"] == "fc1: this layer has no float form"
    from edgeml.report.collect import collect

    accuracy = collect(opened).accuracy
    assert accuracy.float_.reason == "could not be exported: fc1: this layer has no float form"
    assert accuracy.int8.reason == accuracy.float_.reason


def test_a_reason_is_told_only_for_its_graph_and_until_it_is_written(run: Path) -> None:
    opened = api.load(run)
    graph = opened.graph()
    pipeline.export(opened, ["onnx"], {}, refused={"onnx": "no"})
    assert exported.reason(run, "onnx", graph) == "could not be exported: no"
    assert exported.reason(run, "qonnx", graph) == ""
    document = json.loads((run / exported.FILE).read_text())
    for damaged in ("", "{", json.dumps({**document, "graph": "0" * 64}), json.dumps({"schema": 2})):
        (run / exported.FILE).write_text(damaged)
        assert exported.reason(run, "onnx", graph) == ""
    pipeline.export(opened, ["onnx"], {})
    assert exported.reason(run, "onnx", graph) == ""


@pytest.mark.slow
def test_a_run_goes_on_to_its_report_and_exits_with_1(edgeml: Shell, tmp_path: Path) -> None:
    words = ("--to", "onnx,hls4ml", "--set", "targets.reuse_factor=7", "--epochs", "1")
    outcome = edgeml("run", "iris_mlp", "--out", str(tmp_path / "run"), *words)
    assert outcome.code == 1, outcome
    assert (tmp_path / "run" / "report.html").is_file() and (tmp_path / "run" / "onnx").is_dir()
    assert "reuse" in outcome.err
