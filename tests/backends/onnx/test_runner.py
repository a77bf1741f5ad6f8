"""The runner executes the file and nothing else, and says in one error why it cannot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from edgeml.backends.onnx import BACKEND
from edgeml.backends.onnx.runner import OnnxRunner
from edgeml.errors import EdgemlError
from edgeml.fixed import NO_CODE
from edgeml.ir import Graph, evaluate_codes
from tests.zoo import codes, zoo

GRAPHS = zoo()
RUNNER = OnnxRunner()


@pytest.fixture
def written(tmp_path: Path) -> tuple[Graph, Path]:
    graph = GRAPHS["mlp"]
    BACKEND.emit(graph).write(tmp_path)
    return graph, tmp_path


def change(folder: Path, name: str, index: tuple[int, ...], delta: float) -> None:
    path = folder / "exact.onnx"
    model = onnx.load(path)
    tensor = next(tensor for tensor in model.graph.initializer if tensor.name == name)
    values = onnx.numpy_helper.to_array(tensor).copy()
    values[index] += np.float32(delta)
    tensor.CopyFrom(onnx.numpy_helper.from_array(values, name))
    onnx.save(model, path)


def test_a_changed_weight_shows_in_its_layer_and_not_before(written: tuple[Graph, Path]) -> None:
    graph, folder = written
    change(folder, "fc2/weight", (3, 5), 2.0**-5)
    inputs = codes(graph, 60, seed=1)
    inner = ["act1", "fc2", "act2"]
    expected = evaluate_codes(graph, inputs, [*graph.outputs, *inner])
    got = RUNNER.run_codes(folder, graph, inputs, inner)
    np.testing.assert_array_equal(got["act1"], expected["act1"])
    apart = got["fc2"] != expected["fc2"]
    assert apart[:, 5].any()
    assert not np.delete(apart, 5, axis=1).any()


def test_a_fraction_of_an_lsb_is_no_code(written: tuple[Graph, Path]) -> None:
    """Rounding the result to the nearest code would hide it."""
    graph, folder = written
    change(folder, "fc3/bias", (2,), 2.0**-12)
    inputs = codes(graph, 30, seed=2)
    expected, got = evaluate_codes(graph, inputs)["fc3"], RUNNER.run_codes(folder, graph, inputs)["fc3"]
    assert np.all(got[:, 2] == NO_CODE)
    np.testing.assert_array_equal(np.delete(got, 2, axis=1), np.delete(expected, 2, axis=1))


@pytest.mark.parametrize(
    ("old", "new"), [("Round", "Floor"), ("Clip", "Identity"), ("Round", "Identity"), ("Round", "Ceil")]
)
def test_another_rounding_or_no_clip_is_seen(written: tuple[Graph, Path], old: str, new: str) -> None:
    graph, folder = written
    path = folder / "exact.onnx"
    model = onnx.load(path)
    node = [node for node in model.graph.node if node.op_type == old][1]
    node.op_type = new
    del node.input[1:]
    onnx.save(model, path)
    inputs = codes(graph, 100, seed=3)
    expected = evaluate_codes(graph, inputs)["fc3"]
    assert np.any(RUNNER.run_codes(folder, graph, inputs)["fc3"] != expected)


def test_more_samples_than_a_batch(written: tuple[Graph, Path]) -> None:
    graph, folder = written
    inputs = codes(graph, 2500, seed=4)
    np.testing.assert_array_equal(
        RUNNER.run_codes(folder, graph, inputs)["fc3"], evaluate_codes(graph, inputs)["fc3"]
    )


def test_values_that_cannot_be_kept_are_left_out(written: tuple[Graph, Path]) -> None:
    graph, folder = written
    got = RUNNER.run_codes(folder, graph, codes(graph, 3), ["fc1.matmul", "fc1", "no_such_value", "fc3"])
    assert set(got) == {"fc1", "fc3"}


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(EdgemlError, match="no such exact ONNX model"):
        RUNNER.run_codes(tmp_path, GRAPHS["mlp"], codes(GRAPHS["mlp"], 2))


@pytest.mark.parametrize("keep", [(), ("act1",)])
@pytest.mark.parametrize("size", [0, 10, 500, -1])
def test_a_file_that_was_cut_short(written: tuple[Graph, Path], size: int, keep: tuple[str, ...]) -> None:
    graph, folder = written
    path = folder / "exact.onnx"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(EdgemlError, match=r"exact\.onnx"):
        RUNNER.run_codes(folder, graph, codes(graph, 2), keep)


def test_the_file_of_another_graph(written: tuple[Graph, Path]) -> None:
    other = GRAPHS["several_inputs_outputs"]
    with pytest.raises(EdgemlError, match="has inputs input; the graph has"):
        RUNNER.run_codes(written[1], other, codes(other, 2))
    with pytest.raises(EdgemlError, match="has no output"):
        RUNNER.run_codes(written[1], GRAPHS["residual"], codes(GRAPHS["residual"], 2))


GONE = '{"act1": {"tensor": "gone", "unit": 0, "order": "last", "image": []}}'


@pytest.mark.parametrize(
    "text", ["{", '{"act1": 3}', '{"act1": {}}', '{"act1": {"tensor": "act1"}}', "[]", GONE]
)
def test_metadata_that_does_not_fit(written: tuple[Graph, Path], text: str) -> None:
    graph, folder = written
    path = folder / "exact.onnx"
    model = onnx.load(path)
    next(entry for entry in model.metadata_props if entry.key == "edgeml.values").value = text
    onnx.save(model, path)
    if text in ("[]", GONE):
        assert set(RUNNER.run_codes(folder, graph, codes(graph, 2), ["act1"])) == {"fc3"}
        return
    with pytest.raises(EdgemlError, match=r"edgeml\.values cannot be read"):
        RUNNER.run_codes(folder, graph, codes(graph, 2), ["act1"])
