"""The report shows the verdict for every input, as long as the files are those that were proven."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeml import backends, presets
from edgeml.checks import golden
from edgeml.checks.artefacts import check_folder
from edgeml.fixed import FixedType
from edgeml.ir import Builder, Graph, saved
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.pipeline.proofs import prove
from edgeml.prove.result import Proofs, Verdict
from edgeml.report.sections.exactness import collect, view
from edgeml.report.sections.exactness.facts import ExactnessFacts
from edgeml.report.source import RunSource
from edgeml.runconfig import RunConfig
from edgeml.runs import Run

WEIGHTS = np.array([[-2, 1, 0], [3, -1, 0], [-6, 1, 5], [-5, 0, 7]])


def iris() -> Graph:
    build = Builder("iris_mlp")
    x = build.input((4,), FixedType(True, 8, 5), "features")
    weight = build.const(WEIGHTS, FixedType(True, 4, 2), "logits.weight")
    return build.graph(build.add(MatMul(), x, weight, name="logits"))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run with an exact ONNX model, checked and proven."""
    preset = presets.load("iris_mlp")
    choices = presets.choose(preset)
    data = presets.prepare(choices.data)
    proven = Run.create(tmp_path / "run", RunConfig.of(preset, choices, data))
    graph = iris()
    saved.save(graph).write(proven.folder)
    backends.load("onnx").emit(graph).write(proven.folder / "onnx")
    vectors = golden.make(graph, data.x_test, data.y_test)
    golden.save(vectors, proven.golden_file)
    check_folder(proven.folder, graph, vectors, ("onnx",)).write(proven.check_file)
    prove(proven, ["onnx"])
    return proven


def facts_of(run: Run) -> ExactnessFacts:
    return collect.collect(RunSource(run, run.graph(), run.data()))


def test_a_proof_is_shown_beside_the_check(run: Run) -> None:
    (shown,) = facts_of(run).every_input.items()
    assert (shown[0], shown[1].verdict) == ("onnxruntime", Verdict.PROVEN)


def test_a_file_that_changed_since_is_not_proven(run: Run) -> None:
    path = run.folder / "onnx/exact.onnx"
    path.write_bytes(path.read_bytes() + b"\n")
    (shown,) = facts_of(run).every_input.values()
    assert shown.verdict is Verdict.NOT_RUN
    assert "edgeml prove RUN" in shown.reason


def test_a_verdict_that_was_edited_is_not_shown(run: Run) -> None:
    path = run.folder / "prove.json"
    stored = Proofs.read(path)
    (proof,) = stored.results
    edited = proof.model_copy(update={"assumes": "nothing"})
    stored.model_copy(update={"results": (edited,)}).write(path)
    (shown,) = facts_of(run).every_input.values()
    assert shown.verdict is Verdict.NOT_RUN


def test_every_verdict_has_a_word() -> None:
    assert set(view._PROOFS) == set(Verdict)
