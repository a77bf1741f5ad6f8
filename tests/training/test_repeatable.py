"""Equal seeds, equal weights, bit for bit, with two threads: no sum is left whose order they decide."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml import presets
from edgeml.keras.load import load_model
from edgeml.presets import Preset, Quantizers
from edgeml.runs import Run
from edgeml.training import fit
from edgeml.training.build import build_model
from edgeml.training.progress import SilentProgress
from edgeml.training.seeds import make_repeatable
from edgeml.training.train import train


def pictures(folder: Path, samples: int) -> str:
    """Made-up data of MNIST's shape."""
    rng = np.random.default_rng(0)
    y = np.arange(samples) % 10
    x = rng.integers(0, 256, (samples, 28, 28, 1)) // 2 + 12 * y[:, None, None, None]
    path = folder / "pictures.npz"
    np.savez_compressed(path, x=x.astype(np.uint8), y=y)
    return str(path)


def branches(q: Quantizers):
    """A value that is used three times: three gradients meet there."""
    import keras
    from qkeras import QActivation, QDense

    inputs = keras.Input((784,))
    x = QDense(8, kernel_quantizer=q.kernel("a"), name="a")(QActivation(q.input(), name="in")(inputs))
    x = QActivation(q.relu("b"), name="b")(x)
    parts = [QDense(8, kernel_quantizer=q.kernel("c"), name=f"c{i}")(x) for i in range(4)]
    total = keras.layers.Add()(parts)
    return keras.Model(inputs, QDense(10, kernel_quantizer=q.kernel("d"), name="d")(total))


def sums(preset: Preset, dataset: str) -> list[int]:
    """The number of inputs of every AddN in the graph that TensorFlow runs for a training step."""
    from tensorflow.python.eager import context

    choices = presets.choose(preset, [f"data.dataset={dataset}"])
    data = presets.prepare(choices.data)
    make_repeatable(0)
    model = build_model(preset, choices)
    settings = fit.PhaseSettings.of("qat", choices.training, 0)
    recorder: Any = context.context()
    recorder.enable_graph_collection()
    try:
        trainer = fit.PhaseTrainer(model, data, settings)
        trainer.epoch(trainer.start(Path("/nowhere")), lambda _: None)
        graphs = recorder.export_run_metadata().function_graphs
    finally:
        recorder.disable_graph_collection()
    nodes = [node for graph in graphs for part in graph.partition_graphs for node in part.node]
    assert any(node.op == "AssignSubVariableOp" for node in nodes)
    return [
        len([name for name in node.input if not name.startswith("^")]) for node in nodes if node.op == "AddN"
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mnist_mlp", "mnist_cnn", "branches"])
def test_no_sum_of_three_in_an_order_that_threads_decide(name: str, tmp_path: Path) -> None:
    preset = presets.load("mnist_mlp" if name == "branches" else name)
    if name == "branches":
        preset = replace(preset, build=branches)
    assert all(inputs <= 2 for inputs in sums(preset, pictures(tmp_path, 300)))


class Interrupted(SilentProgress):
    def epoch(self, row) -> None:
        if (row.phase, row.epoch) == ("qat", 1):
            raise KeyboardInterrupt


@pytest.mark.slow
@pytest.mark.parametrize(("name", "samples"), [("mnist_mlp", 12000), ("mnist_cnn", 2000)])
def test_equal_seeds_give_equal_weights(name: str, samples: int, tmp_path: Path) -> None:
    preset = presets.load(name)
    choices = presets.choose(preset, [f"data.dataset={pictures(tmp_path, samples)}"], epochs=2)
    first = train(preset, tmp_path / "first", choices)
    second = train(preset, tmp_path / "second", choices)
    with pytest.raises(KeyboardInterrupt):
        train(preset, tmp_path / "third", choices, Interrupted())
    third = train(preset, tmp_path / "third", choices)
    for other in (second, third):
        _equal(first, other)


@pytest.mark.parametrize("change", ["layers.logits.weights.bits=2", "weights.integer=0"])
def test_the_float_baseline_is_the_same_for_other_quantizers(change: str, tmp_path: Path) -> None:
    """QKeras scales the initial weights of a layer with few bits, and clips those beyond its range."""
    preset = presets.load("iris_mlp")
    first = train(preset, tmp_path / "first", presets.choose(preset, epochs=1))
    other = train(preset, tmp_path / "other", presets.choose(preset, [f"quantizers.{change}"], epochs=1))
    _same_weights(first.float_file, other.float_file)


def _equal(run: Run, other: Run) -> None:
    _same_weights(run.float_file, other.float_file)
    _same_weights(run.model_file, other.model_file)


def _same_weights(mine: Path, theirs: Path) -> None:
    for a, b in zip(load_model(mine).weights, load_model(theirs).weights, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy(), a.path)
