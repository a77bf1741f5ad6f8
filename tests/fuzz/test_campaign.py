"""The bounded campaigns of CI, and the proof that a campaign finds, shrinks, saves and replays a failure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml import backends
from edgeml.fixed import IntArray
from edgeml.ir import Graph, evaluate_codes
from tests.fuzz.campaign import graph_campaign, seed_of_sources
from tests.fuzz.case import EXACT, DifferenceError, attempt, replay
from tests.fuzz.models import model_campaign
from tests.support import needs_tool


def no_saturation(
    backend: str, options: Mapping[str, Any], graph: Graph, inputs: Mapping[str, IntArray]
) -> str:
    """A wrong executor: it gives another integer wherever an output is above 2."""
    codes = evaluate_codes(graph, inputs)
    if any(np.any(values > 2) for values in codes.values()):
        raise DifferenceError("3 became 2")
    return EXACT


def test_a_failure_is_found_shrunk_saved_and_replayed(tmp_path: Path) -> None:
    outcome = graph_campaign("onnx", 100, 1, run=no_saturation)
    assert outcome.failure is not None
    assert len(outcome.failure.graph.nodes) <= 3, "not shrunk"
    folder = outcome.failure.save(tmp_path)
    assert "3 became 2" in (folder / "what.txt").read_text()
    assert replay(folder) == EXACT, "the real back end gives the right integers for it"


def test_a_saved_failure_that_still_differs_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = graph_campaign("onnx", 100, 1, run=no_saturation)
    assert outcome.failure is not None
    folder = outcome.failure.save(tmp_path)
    (runner,) = backends.load("onnx").runners()
    real = type(runner).run

    def off_by_one(self: Any, folder: Path, graph: Graph, inputs: Any, keep: Any = ()) -> dict[str, IntArray]:
        return {name: codes + 1 for name, codes in real(self, folder, graph, inputs, keep).items()}

    monkeypatch.setattr(type(runner), "run", off_by_one)
    with pytest.raises(DifferenceError, match="expected"):
        replay(folder)


def test_a_wrong_input_quantizer_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Right for every code, wrong between codes: what takes floats has to be given floats off the grid."""
    (runner,) = backends.load("onnx").runners()
    real = type(runner).run

    def floors(self: Any, folder: Path, graph: Graph, inputs: Any, keep: Any = ()) -> dict[str, IntArray]:
        steps = {name: np.exp2(np.float32(graph.info(name).type.frac)) for name in graph.inputs}
        down = {name: np.floor(inputs[name] * steps[name]) / steps[name] for name in graph.inputs}
        return real(self, folder, graph, down, keep)

    monkeypatch.setattr(type(runner), "run", floors)
    outcome = graph_campaign("onnx", 100, 1)
    assert outcome.failure is not None and "floats off the grid" in outcome.failure.message


def test_a_few_graphs_each_time() -> None:
    outcome = graph_campaign("onnx", 40, 7)
    assert outcome.failure is None
    assert outcome.counts[EXACT] == 40


@pytest.mark.slow
@pytest.mark.tool
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("backend", "count"), [("onnx", 600), ("qonnx", 100), ("hls4ml", 10), ("verilog", 10)]
)
def test_graphs_that_change_with_the_sources(
    backend: str, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if backend == "hls4ml":
        needs_tool("g++")
    for runner in backends.load(backend).runners():
        if reason := runner.available():
            pytest.skip(f"{runner.name}: {reason}")
    monkeypatch.setenv("EDGEML_CACHE", str(tmp_path))
    number = seed_of_sources(backend)
    outcome = graph_campaign(backend, count, number)
    assert outcome.failure is None, f"seed {number}: {outcome.failure}"
    assert outcome.counts[EXACT] >= count


def test_another_source_draws_other_graphs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "edgeml"
    (package / "ir").mkdir(parents=True)
    monkeypatch.setattr("edgeml.__file__", str(package / "__init__.py"))
    seeds = set()
    for text in ("a = 1", "a = 2"):
        (package / "ir" / "op.py").write_text(text)
        seeds.add(seed_of_sources("onnx"))
    assert len(seeds) == 2


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_random_models_against_keras() -> None:
    outcome = model_campaign(60, 2026)
    assert outcome.failure is None, outcome.failure
    assert outcome.counts[EXACT] >= 60


def test_attempt_tells_a_refusal() -> None:
    from tests.zoo import codes, zoo

    refused = [
        graph
        for graph in zoo().values()
        if backends.load("qonnx").refusals(graph, backends.load("qonnx").options({}))
    ]
    assert refused
    assert attempt("qonnx", {}, refused[0], codes(refused[0])) == "refused"
