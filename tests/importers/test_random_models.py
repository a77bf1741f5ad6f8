"""Random QONNX, QDQ and TFLite models: a sample of `tests.fuzz`, and that every kind of node is drawn."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from edgeml.importers import onnx_nodes
from tests.importers.campaign import KINDS, contents, outcome, suffix

pytest.importorskip("qonnx", reason="the qonnx package is not installed")


def tried(kind: str, seeds: range, folder: Path) -> list[str]:
    """The models that differ from their own executor in a way that was not announced."""
    wrong = []
    for seed in seeds:
        found = outcome(contents(kind, seed, folder), f"{kind}_{seed}{suffix(kind)}")
        assert found.total > 0
        if not found.right:
            wrong.append(f"{kind} {seed}: {found}")
    return wrong


@pytest.mark.parametrize(("kind", "count"), [("powers", 8), ("floats", 5), ("qdq", 2), ("products", 3)])
def test_a_few(kind, count, tmp_path):
    assert tried(kind, range(count), tmp_path) == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # TensorFlow's converter warns of its own options
@pytest.mark.parametrize(
    ("kind", "count"),
    [("powers", 100), ("floats", 100), ("qdq", 40), ("products", 20), ("tflite", 5)],
    ids=KINDS,
)
def test_a_sample(kind, count, tmp_path):
    """Takes some 25 s in all."""
    assert tried(kind, range(100, 100 + count), tmp_path) == []


def test_powers_of_two_are_exact_in_float32_too(tmp_path):
    for seed in range(8, 20):
        assert outcome(contents("powers", seed, tmp_path), "x.onnx").float32 == 0


def drawn(tmp_path: Path) -> set[str]:
    """File names of the nodes in the first models of every kind of ONNX; no model is read."""
    names: set[str] = set()
    for kind, count in (("powers", 300), ("floats", 400), ("qdq", 60), ("products", 2)):
        for seed in range(count):
            model = onnx.load_from_string(contents(kind, seed, tmp_path))
            names |= {onnx_nodes.file_name(node.op_type) for node in model.graph.node}
    return names


def test_every_kind_of_onnx_node_is_drawn(tmp_path):
    """A new file of `onnx_nodes` needs a piece of `qonnx_pieces` or `random_qdq` that has its node."""
    missing = set(onnx_nodes.names()) - drawn(tmp_path)
    assert not missing, f"no random model has {', '.join(sorted(missing))}"
