"""Models that end in probabilities are trained on what they say, as well as those that end in logits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeml import presets
from edgeml.errors import EdgemlError
from edgeml.keras.float_model import float_model
from edgeml.keras.load import load_model
from edgeml.keras.run import lower_run
from edgeml.tasks.classification import predicted_classes
from edgeml.training.ending import cross_entropy_of, ending, threshold_of
from edgeml.training.fit import outputs_of
from edgeml.training.train import train

ENDS = {
    "logits": "",
    "layer": "softmax",
    "activation": "softmax",
    "inline": "softmax",
    "nested": "softmax",
    "behind": "softmax",
    "sigmoids": "sigmoid",
}


def build(end: str, classes: int = 3, features: int = 4):
    def made(q):
        import keras
        from qkeras import QActivation, QDense

        def dense(name: str, units: int, **more):
            return QDense(
                units, kernel_quantizer=q.kernel(name), bias_quantizer=q.bias(name), name=name, **more
            )

        x = inputs = keras.Input((features,))
        x = QActivation(q.relu("a"), name="a")(dense("fc", 8)(QActivation(q.input(), name="in")(x)))
        inline = {"inline": "softmax", "inline sigmoid": "sigmoid"}.get(end)
        x = dense("logits", classes, **({"activation": inline} if inline else {}))(x)
        if end == "layer":
            x = keras.layers.Softmax(name="end")(x)
        elif end == "quantized":
            x = QActivation("quantized_sigmoid(8)", name="end")(x)
        elif end in ("activation", "nested", "behind"):
            x = keras.layers.Activation("softmax", name="end")(x)
        elif "sigmoid" in end and not inline:
            x = keras.layers.Activation("sigmoid", name="end")(x)
        if end == "behind":
            x = keras.layers.Dropout(0.1, name="last")(keras.layers.Reshape((classes,), name="flat")(x))
        model = keras.Model(inputs, x)
        if end != "nested":
            return model
        outer = keras.Input((features,))
        return keras.Model(outer, model(outer))

    return made


def preset(end: str, name: str = "iris_mlp", **shape):
    return replace(presets.load(name), build=build(end, **shape), name="ends")


@pytest.mark.parametrize("end", ENDS)
def test_the_ending_is_seen_in_the_model_and_in_its_float_twin(end: str) -> None:
    model = build(end)(presets.load("iris_mlp").quantizers)
    assert ending(model) == (ENDS[end] or "logits")
    assert ending(float_model(model)) == (ENDS[end] or "logits")


@pytest.mark.slow
@pytest.mark.parametrize("end", ["layer", "activation", "inline", "nested"])
def test_a_softmax_is_trained_as_its_logits_are(end: str, tmp_path: Path) -> None:
    """The gradients are those of the logits, so the trained weights are too, up to float32's last bits."""
    runs = []
    for kind in ("logits", end):
        chosen = preset(kind)
        runs.append(train(chosen, tmp_path / kind, presets.choose(chosen, ["data.dataset=iris"], epochs=6)))
    for file in ("float_file", "model_file"):
        ours, theirs = (load_model(getattr(run, file)) for run in runs)
        for a, b in zip(ours.weights, theirs.weights, strict=True):
            np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-3, atol=1e-4)
    graph = lower_run(runs[1])
    assert graph.info(graph.outputs[0]).shape == (3,)


@pytest.mark.slow
@pytest.mark.parametrize("end", ["sigmoid", "inline sigmoid", "quantized"])
def test_two_classes_behind_one_sigmoid(end: str, tmp_path: Path) -> None:
    chosen = preset(end, "cancer_mlp", classes=1, features=30)
    run = train(chosen, tmp_path / "run", presets.choose(chosen, epochs=12))
    data = run.data()
    for file in (run.float_file, run.model_file):
        model = load_model(file)
        assert ending(model) == "sigmoid"
        outputs = outputs_of(model, data.x_test)
        assert (predicted_classes(outputs, threshold_of("sigmoid")) == data.y_test).mean() > 0.9


@pytest.mark.slow
def test_one_sigmoid_per_class(tmp_path: Path) -> None:
    chosen = preset("sigmoids")
    run = train(chosen, tmp_path / "run", presets.choose(chosen, epochs=40))
    data = run.data()
    assert (
        predicted_classes(outputs_of(load_model(run.model_file), data.x_test), 0.0) == data.y_test
    ).mean() > 0.8


def test_a_softmax_over_one_value_is_refused(tmp_path: Path) -> None:
    chosen = preset("layer", "cancer_mlp", classes=1, features=30)
    with pytest.raises(EdgemlError, match="a softmax over one value, which is always 1"):
        train(chosen, tmp_path / "run", presets.choose(chosen, epochs=1))


def test_losses_of_one_distribution_are_equal_however_it_is_written() -> None:
    logits = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    labels = np.arange(50) % 3
    e = np.exp(logits.astype(np.float64))
    expected = -np.log(e[np.arange(50), labels] / e.sum(axis=1))
    softmax = (e / e.sum(axis=1, keepdims=True)).astype(np.float32)
    np.testing.assert_allclose(cross_entropy_of("logits", 3)(labels, logits).numpy(), expected, rtol=1e-5)
    np.testing.assert_allclose(cross_entropy_of("softmax", 3)(labels, softmax).numpy(), expected, rtol=1e-5)
    z, two = logits[:, :1], labels % 2
    p = 1 / (1 + np.exp(-z[:, 0].astype(np.float64)))
    expected = -np.log(np.where(two == 1, p, 1 - p))
    np.testing.assert_allclose(cross_entropy_of("logits", 1)(two, z).numpy(), expected, rtol=1e-5)
    np.testing.assert_allclose(
        cross_entropy_of("sigmoid", 1)(two, p[:, None].astype(np.float32)).numpy(), expected, rtol=1e-5
    )
