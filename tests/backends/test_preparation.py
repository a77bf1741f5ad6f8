"""A graph is prepared once, in one place, and a refusal becomes one error in one way."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

import pytest

import edgeml
from edgeml import backends, boards, passes
from edgeml.backend import Refusal, refusal_error
from edgeml.backends.onnx.certificate import certificate
from edgeml.backends.onnx.emulator import Emulator
from edgeml.errors import EdgemlError
from edgeml.estimate import estimate
from edgeml.ir import Graph
from tests.zoo import beyond_float, mlp

PACKAGE = Path(edgeml.__file__).parent


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[Graph]:
    """The graphs that were prepared so far, by whomever."""
    graphs: list[Graph] = []
    stages = passes.stages

    def counting(graph: Graph, *chosen: Sequence[str]):
        graphs.append(graph)
        return stages(graph, *chosen)

    monkeypatch.setattr(passes, "stages", counting)
    return graphs


@pytest.mark.parametrize("name", backends.names())
def test_a_back_end_prepares_a_graph_once(name: str, prepared: list[Graph]) -> None:
    backend, graph = backends.load(name), mlp()
    backend.emit(graph)
    assert prepared == [graph]
    backend.refusals(graph, backend.options({}))
    assert prepared == [graph, graph]


@pytest.mark.parametrize("name", backends.names())
def test_a_back_end_plans_an_emission_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = backends.load(name)
    plan, planned = backend.plan, []
    monkeypatch.setattr(backend, "plan", lambda *args: planned.append(args) or plan(*args))
    assert backend.emit(mlp())
    assert len(planned) == 1


@pytest.mark.parametrize("design", ["verilog", "hls4ml"])
def test_an_estimate_prepares_a_graph_once(design, prepared: list[Graph]) -> None:
    graph = mlp()
    estimate(graph, boards.load("pynq-z2"), design)
    assert prepared == [graph]


def test_the_emulator_and_the_certificate_prepare_a_graph_once(prepared: list[Graph]) -> None:
    graph = mlp()
    Emulator(graph)
    certificate(graph)
    assert prepared == [graph, graph]


def test_only_the_passes_call_the_passes_of_the_preparation() -> None:
    """Whoever wants a prepared graph calls `prepare`; a pass by itself would be another preparation."""
    single = {f"edgeml.passes.{name}" for name in passes.PREPARATION}
    found = [
        f"{path}:{node.lineno}"
        for path in PACKAGE.rglob("*.py")
        if PACKAGE / "passes" not in path.parents and "edgeml.passes." in (source := path.read_text())
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and node.module in single
    ]
    assert found == []


def test_a_refusal_becomes_an_error_with_node_op_remedy_and_count() -> None:
    first = Refusal("fc1.matmul", "mat_mul", "it is too large", "make it smaller")
    told = "fc1.matmul: toy cannot express this mat_mul: it is too large"
    assert str(refusal_error("toy", [first])) == f"{told} (make it smaller)"
    second = Refusal("fc2", "add", "it is odd")
    assert str(refusal_error("toy", [first, second])) == f"{told}, and 1 more (make it smaller)"


def test_every_way_from_a_refusal_to_an_error_says_the_same() -> None:
    graph = beyond_float()
    backend = backends.load("onnx")
    refusals = backend.refusals(graph, backend.options({}))
    assert refusals
    for attempt in (lambda: backend.emit(graph), lambda: Emulator(graph)):
        with pytest.raises(EdgemlError) as caught:
            attempt()
        assert str(caught.value) == str(refusal_error("onnx", refusals))
