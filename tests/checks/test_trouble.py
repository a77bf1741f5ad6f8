"""One executor's trouble is its own row's: the others are compared, and a failure is never a pass."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from edgeml import backends
from edgeml.backend import Runner
from edgeml.backends.onnx.runner import OnnxRunner
from edgeml.checks import golden as vectors
from edgeml.checks.artefacts import check_folder, check_graph
from edgeml.checks.golden import Golden
from edgeml.checks.result import Check, Result
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.fixed import IntArray
from edgeml.ir import Graph
from edgeml.tools import run as run_program
from tests.fuzz.campaign import seed_of_sources
from tests.zoo import zoo

SAMPLES = 30


@pytest.fixture(scope="module")
def graph() -> Graph:
    return zoo()["mlp"]


@pytest.fixture(scope="module")
def golden(graph: Graph) -> Golden:
    return vectors.make(graph, np.random.default_rng(1).random((SAMPLES, 16)))


def exported(folder: Path, graph: Graph, *names: str) -> Path:
    for name in names:
        backend = backends.load(name)
        backend.emit(graph).write(folder / backend.folder)
    return folder


def row(check: Check, name: str) -> Result:
    """The row of one, all others being exact."""
    found = check[name]
    assert all(other.status == "exact" for other in check.results if other is not found)
    return found


def killed(folder: Path) -> None:
    run_program(["sh", "-c", "echo compiling; kill -9 $$"], folder, folder / "log", 30.0)


def too_slow(folder: Path) -> None:
    run_program(["sleep", "30"], folder, folder / "log", 0.2)


def raises(error: BaseException):
    def trouble(folder: Path) -> None:
        raise error

    return trouble


TROUBLES = {
    "malformed": (raises(EdgemlError("is cut short", "exact.onnx", "export again")), "is cut short", True),
    "no tool": (raises(MissingToolError("icpx is not installed", "hls4ml")), "icpx is not installed", False),
    "vanished": (raises(FileNotFoundError(2, "No such file", "weights.txt")), "weights.txt", True),
    "not allowed": (raises(PermissionError(13, "Permission denied", "a.v")), "Permission denied", True),
    "no memory": (raises(MemoryError()), "not enough memory", True),
    "killed compiler": (killed, "signal SIGKILL", True),
    "too slow": (too_slow, "took longer than 0.2 s", True),
}


class Broken(OnnxRunner):
    """ONNX Runtime with some trouble, from the second call on if so told."""

    trouble = staticmethod(raises(EdgemlError("none")))

    def run(
        self, folder: Path, graph: Graph, inputs: Mapping[str, IntArray], keep: Sequence[str] = ()
    ) -> dict[str, IntArray]:
        type(self).trouble(folder)
        return super().run(folder, graph, inputs, keep)


def broken(monkeypatch: pytest.MonkeyPatch, runner: Runner) -> None:
    monkeypatch.setattr(type(backends.load("onnx")), "runners", lambda self: (runner,))


@pytest.mark.parametrize("name", TROUBLES)
def test_trouble_is_a_row(graph: Graph, golden: Golden, tmp_path: Path, monkeypatch, name: str) -> None:
    trouble, told, failed = TROUBLES[name]
    exported(tmp_path, graph, "onnx", "qonnx")
    monkeypatch.setattr(Broken, "trouble", staticmethod(trouble))
    broken(monkeypatch, Broken())
    check = check_folder(tmp_path, graph, golden, ["evaluate", "onnx", "qonnx"])
    found = row(check, "onnxruntime")
    assert (found.status, found.failed) == ("not-run", failed) and told in found.reason
    assert check.ok is not failed and len(check.compared) == 2
    again = check_graph(graph, golden.x["input"], ["onnx", "qonnx"])
    assert (row(again, "onnx").failed, again.ok) == (failed, not failed)


class Odd(OnnxRunner):
    """Returns what it should not."""

    def __init__(self, change) -> None:
        self.change, self.calls = change, 0

    def run(
        self, folder: Path, graph: Graph, inputs: Mapping[str, IntArray], keep: Sequence[str] = ()
    ) -> dict[str, IntArray]:
        self.calls += 1
        return self.change(super().run(folder, graph, inputs, keep), self.calls)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda codes, calls: {}, "with shape None"),
        (lambda codes, calls: {n: c[:, :1] for n, c in codes.items()}, "with shape (542, 1)"),
        (lambda codes, calls: {n: c[:-1] for n, c in codes.items()}, "with shape (541, 5)"),
        (lambda codes, calls: {n: c + (calls == 1) for n, c in codes.items()}, "not deterministic"),
    ],
)
def test_odd_results_are_a_row(
    graph: Graph, golden: Golden, tmp_path: Path, monkeypatch, change, told
) -> None:
    exported(tmp_path, graph, "onnx", "qonnx")
    broken(monkeypatch, Odd(change))
    found = row(check_folder(tmp_path, graph, golden, ["onnx", "qonnx"]), "onnxruntime")
    assert found.failed and told in found.reason


def test_a_graph_that_cannot_be_emitted_is_a_row(graph: Graph, golden: Golden, monkeypatch) -> None:
    def refuse(self, *given: object) -> None:
        raise EdgemlError("one type for all elements needs 70 bits", "act1")

    monkeypatch.setattr(type(backends.load("qonnx")), "write", refuse)
    found = row(check_graph(graph, golden.x["input"], ["onnx", "qonnx"]), "qonnx")
    assert (found.status, found.failed) == ("not-run", False) and "70 bits" in found.reason


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """A bit or a few flipped, cut short, bytes exchanged or left out, or another value in the text."""
    data = bytearray(content)
    place = int(rng.integers(len(data)))
    match int(rng.integers(5)):
        case 0:
            for at in rng.integers(len(data), size=int(rng.integers(1, 5))):
                data[at] ^= 1 << int(rng.integers(8))
        case 1:
            del data[place:]
        case 2:
            other = int(rng.integers(len(data)))
            data[place], data[other] = data[other], data[place]
        case 3:
            del data[place : place + int(rng.integers(1, 10))]
        case _:
            values = list(re.finditer(rb'-?\d+|true|false|"[^"]*"', content))
            chosen = values[int(rng.integers(len(values)))]
            odd = [b"-1", b"0", b"1e9", b"9" * 20, b"null", b'"x"', b"[]", b"{}", b"3.5", b"true"]
            data[chosen.start() : chosen.end()] = odd[int(rng.integers(len(odd)))]
    return bytes(data)


def damage(folder: Path, graph: Graph, golden: Golden, backend: str, count: int, seed: int = 3) -> None:
    """The coverage of the vectors, which no damage changes, is computed for the first model alone."""
    chosen = backends.load(backend)
    (runner,) = chosen.runners()
    path = exported(folder, graph, backend) / chosen.folder / runner.artefact
    whole, rng, states = path.read_bytes(), np.random.default_rng(seed), set[str]()
    few, covered = golden.head(4), None
    for _ in range(count):
        path.write_bytes(damaged(whole, rng))
        check = check_folder(folder, graph, few, [backend], earlier=covered)
        (found,), covered = check.results, check.coverage
        assert found.state in ("exact", "mismatch", "failed", "not-run"), found
        assert found.status == "exact" or found.reason, found
        states.add(found.state)
    assert "failed" in states


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning:qonnx")
@pytest.mark.parametrize("backend", ["onnx", "qonnx"])
def test_a_damaged_model_is_a_row(graph: Graph, golden: Golden, tmp_path: Path, backend: str) -> None:
    damage(tmp_path, graph, golden, backend, 25)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning:qonnx")
@pytest.mark.parametrize("backend", ["onnx", "qonnx"])
def test_five_hundred_damaged_models_are_rows(graph: Graph, golden: Golden, tmp_path: Path, backend) -> None:
    damage(tmp_path, graph, golden, backend, 500)


@pytest.mark.slow
@pytest.mark.tool
@pytest.mark.parametrize("backend", ["verilog", "hls4ml"])
def test_a_damaged_project_is_a_row(graph: Graph, golden: Golden, tmp_path: Path, backend: str) -> None:
    """Other damages with each change of the sources: what is not refused is compiled."""
    (runner,) = backends.load(backend).runners()
    if runner.available():
        pytest.skip(runner.available())
    damage(tmp_path, graph, golden, backend, 200, seed_of_sources(backend))


class Costly(OnnxRunner):
    """A runner that is done with a hundred vectors in minutes."""

    def most_vectors(self, folder: Path, graph: Graph) -> int:
        return 100


@pytest.mark.parametrize(("asked", "counts"), [(0, (30, 64)), (20, (20, 74))])
def test_a_costly_runner_gets_some_of_the_vectors_and_says_so(
    graph: Graph, golden: Golden, tmp_path: Path, monkeypatch, asked: int, counts: tuple[int, int]
) -> None:
    exported(tmp_path, graph, "onnx", "qonnx")
    broken(monkeypatch, Costly())
    one = row(check_folder(tmp_path, graph, golden, ["onnx", "qonnx"], samples=asked), "onnxruntime")
    assert one.status == "exact" and (one.samples, one.synthetic) == counts
    total = (asked or SAMPLES) + golden.synthetic_count
    assert one.reason == f"{sum(counts)} of {total} vectors, as each takes long"


def test_a_difference_has_its_number_among_all_synthetic_vectors(
    graph: Graph, golden: Golden, tmp_path: Path, monkeypatch
) -> None:
    exported(tmp_path, graph, "onnx")
    synthetic = golden.synthetic
    assert synthetic is not None

    class Late(Costly):
        def run(
            self, folder: Path, graph: Graph, inputs: Mapping[str, IntArray], keep: Sequence[str] = ()
        ) -> dict[str, IntArray]:
            wrong = (np.asarray(inputs["input"]) == synthetic.x["input"][80]).all(axis=1, keepdims=True)
            return {name: codes + wrong for name, codes in super().run(folder, graph, inputs, keep).items()}

    broken(monkeypatch, Late())
    first = check_folder(tmp_path, graph, golden, ["onnx"])["onnxruntime"].first
    assert first is not None and first.synthetic and first.index[0] == 80


@pytest.mark.parametrize(
    ("most", "least", "counts"),
    [(20, 0, (10, 10)), (20, 25, (25, 10)), (45, 0, (23, 22)), (600, 0, (30, 512))],
)
def test_some_of_the_vectors_are_of_both_kinds(
    golden: Golden, most: int, least: int, counts: tuple[int, int]
) -> None:
    part, step = golden.within(most, least)
    assert part.samples == counts[0] and counts[1] * 0.8 < part.synthetic_count <= counts[1]
    some = part.synthetic
    assert some is not None and golden.synthetic is not None
    for name, codes in some.inputs.items():
        np.testing.assert_array_equal(codes, golden.synthetic.inputs[name][::step])
