"""Comparisons and coverage are remembered only as long as nothing of them is another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeml.backends.onnx.backend import OnnxBackend
from edgeml.backends.onnx.plan import CarrierPlan
from edgeml.checks import artefacts, compared, earlier
from edgeml.checks import golden as vectors
from edgeml.checks.result import Check
from edgeml.deviations import Deviation
from edgeml.files import FileSet
from edgeml.ir import Graph
from tests.zoo import zoo


class Counting(OnnxBackend):
    """Counts how often it emits."""

    emitted = 0

    def write(self, graph: Graph, plan: CarrierPlan, options: object) -> FileSet:
        self.emitted += 1
        return super().write(graph, plan, options)


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Counting, Path, Graph]:
    monkeypatch.setenv("EDGEML_CACHE", str(tmp_path / "cache"))
    graph, backend = zoo()["mlp"], Counting()
    backend.emit(graph).write(tmp_path / "onnx")
    backend.emitted = 0
    return backend, tmp_path / "onnx", graph


def test_equal_files_are_emitted_once(kit: tuple[Counting, Path, Graph]):
    assert [compared.compare_files(*kit) for _ in range(3)] == [(), (), ()]
    assert kit[0].emitted == 1


def test_an_edited_file_another_graph_or_other_code_is_compared_anew(
    kit: tuple[Counting, Path, Graph], monkeypatch: pytest.MonkeyPatch
):
    backend, folder, _ = kit
    compared.compare_files(*kit)
    other = next(g for name, g in zoo().items() if name != "mlp")
    assert compared.compare_files(backend, folder, other) and backend.emitted == 2
    monkeypatch.setattr(compared, "_code", lambda: "other code")
    assert compared.compare_files(*kit) == () and backend.emitted == 3
    file = folder / "exact.onnx"
    file.write_bytes(file.read_bytes().replace(b"Clip", b"Clap", 1))
    for number in (4, 5):  # what deviates is never remembered
        found = compared.compare_files(*kit)
        assert found and isinstance(found[0], Deviation) and backend.emitted == number


def test_coverage_is_kept_and_an_edited_one_is_computed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    graph = zoo()["mlp"]
    shape = graph.info(graph.inputs[0]).shape
    golden = vectors.make(graph, np.full((3, *shape), 0.25))

    def check(known: Check | None = None) -> Check:
        before = None if known is None else known.coverage
        return artefacts.check_folder(tmp_path, graph, golden, ["evaluate"], earlier=before)

    first = check()
    assert first.coverage is not None and earlier.covers(first.coverage, graph, golden)
    with monkeypatch.context() as patch:
        patch.setattr(artefacts, "coverage", None)
        assert check(first).coverage == first.coverage
    edited = first.model_copy(update={"coverage": first.coverage.model_copy(update={"silent": 7})})
    assert check(edited).coverage == first.coverage
    assert earlier.as_it_is(edited, tmp_path, graph, golden).coverage is None
    assert earlier.as_it_is(first, tmp_path, graph, golden).coverage == first.coverage
    fewer = vectors.make(graph, np.full((2, *shape), 0.25))
    assert not earlier.covers(first.coverage, graph, fewer)
