"""The float baseline rounded after training: with the quantized model's own weights it is that model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeml import presets
from edgeml.errors import EdgemlError
from edgeml.ir import evaluate
from edgeml.ir.ops.cast import Cast
from edgeml.keras.backend import import_keras
from edgeml.keras.float_model import float_model
from edgeml.keras.load import load_model
from edgeml.keras.lower import lower
from edgeml.keras.quantizers._common import call
from edgeml.training.build import build_model
from edgeml.training.post_training import best_integer, post_training

keras = import_keras()
qkeras = pytest.importorskip("qkeras")

Q = "quantized_bits(8, 2, alpha=1)"


def saved(model, folder: Path, change=None) -> tuple[Path, Path]:
    """The model and its float counterpart with its weights, or with what `change` makes of them."""
    counterpart = float_model(model)
    if change is not None:
        for weight in counterpart.weights:
            weight.assign(change(weight.path, np.asarray(weight)))
    files = folder / "model.keras", folder / "float.keras"
    model.save(files[0])
    counterpart.save(files[1])
    return files


def random_weights(model):
    random = np.random.default_rng(5)
    for weight in model.weights:
        weight.assign(random.normal(0, 0.4, weight.shape))
    return model


@pytest.mark.parametrize("name", ["digits_mlp", "digits_cnn", "iris_mlp"])
def test_with_the_trained_weights_it_is_the_trained_graph(name, tmp_path):
    preset = presets.load(name)
    model = random_weights(build_model(preset))
    found = post_training(*saved(model, tmp_path), name)
    assert found.graph.digest == lower(model, name).digest
    assert found.moved == ()


def test_a_folded_batch_normalization_is_folded_again(tmp_path):
    inputs = keras.Input((6, 6, 2), name="image")
    x = qkeras.QActivation(Q, name="quantize")(inputs)
    x = qkeras.QConv2DBatchnorm(3, 3, kernel_quantizer=Q, bias_quantizer=Q, name="conv")(x)
    x = qkeras.QActivation("quantized_relu(6, 2)", name="act")(x)
    x = keras.layers.Flatten(name="flat")(x)
    model = keras.Model(inputs, qkeras.QDense(2, kernel_quantizer=Q, bias_quantizer=Q, name="logits")(x))
    files = saved(model, tmp_path)
    assert post_training(*files, "folded").graph.digest == lower(model, "folded").digest
    samples = np.random.default_rng(0).normal(0, 3, (20, 6, 6, 2)).astype(np.float32)
    moved = post_training(*files, "folded", samples).moved
    assert "act" in {item.layer for item in moved} and "conv" not in {item.layer for item in moved}


def dense(activation: str = "quantized_relu(6, 0)", kernel: str = "quantized_bits(6, 0, alpha=1)"):
    inputs = keras.Input((4,), name="x")
    x = qkeras.QActivation("quantized_bits(8, 3, alpha=1)", name="quantize")(inputs)
    x = qkeras.QDense(3, kernel_quantizer=kernel, bias_quantizer=Q, activation=activation, name="fc")(x)
    return keras.Model(inputs, qkeras.QDense(2, kernel_quantizer=Q, bias_quantizer=Q, name="logits")(x))


def test_calibration_moves_points_and_no_width(tmp_path):
    model = random_weights(dense())
    files = saved(model, tmp_path, lambda path, w: w * (16.0 if path == "fc/kernel" else 1.0))
    samples = np.random.default_rng(1).normal(0, 2, (50, 4)).astype(np.float32)
    own, found = post_training(*files, "a"), post_training(*files, "a", samples)
    moved = {(item.layer, item.what): item for item in found.moved}
    assert moved["fc", "kernel"].after in (3, 4)  # values up to about 12 where 1 was the most
    assert moved["fc", "activation"].after > moved["fc", "activation"].before == 0
    kinds = {node.name: node.op.to for node in found.graph.nodes if isinstance(node.op, Cast)}
    before = {node.name: node.op.to for node in own.graph.nodes if isinstance(node.op, Cast)}
    assert {name: kind.width for name, kind in kinds.items()} == {n: k.width for n, k in before.items()}
    assert kinds != before
    assert found.graph.info("fc.weight").scalar.width == own.graph.info("fc.weight").scalar.width == 6
    assert model.get_layer("fc").kernel_quantizer_internal.integer == 0  # the caller's model is left alone


@pytest.mark.parametrize(
    ("quantizer", "scale"),
    [
        ("quantized_bits(6, 0, alpha=1)", 3.0),
        ("quantized_bits(4, 2, alpha=1, symmetric=1)", 0.1),
        ("quantized_bits(5, 1, alpha=1, keep_negative=False)", 5.0),
        ("quantized_relu(4, 2)", 20.0),
        ("quantized_relu(6, 3)", 0.3),
    ],
)
def test_no_other_place_of_the_point_is_better_by_qkeras_itself(quantizer, scale):
    made = qkeras.get_quantizer(quantizer)
    values = np.random.default_rng(2).normal(0, scale, 500).astype(np.float32)
    target = np.maximum(values, 0) if "relu" in quantizer else values
    chosen, errors = best_integer(made, values), {}
    for integer in range(0 if "relu" in quantizer else -6, 9):
        made.integer = integer
        errors[integer] = float(np.mean((call(made, values).astype(np.float64) - target) ** 2))
    assert errors[chosen] == min(errors.values())


def test_quantizers_without_a_point_to_move_stay(tmp_path):
    model = random_weights(dense("quantized_tanh(6)", "binary(alpha=1)"))
    samples = np.random.default_rng(1).normal(0, 2, (50, 4)).astype(np.float32)
    found = post_training(*saved(model, tmp_path), "a", samples)
    assert not {("fc", "kernel"), ("fc", "activation")} & {(item.layer, item.what) for item in found.moved}


def test_another_baseline_is_refused_by_layer(tmp_path):
    file, _ = saved(dense(), tmp_path)
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="fc")])
    other.save(tmp_path / "other.keras")
    with pytest.raises(EdgemlError, match="logits"):
        post_training(file, tmp_path / "other.keras", "a")
    with pytest.raises(EdgemlError, match="no samples to calibrate with"):
        post_training(*saved(dense(), tmp_path), "a", np.zeros((0, 4)))


@pytest.mark.parametrize("name", ["digits_mlp", "digits_cnn", "iris_mlp"])
def test_calibrated_a_preset_is_nearer_to_its_baseline(name, tmp_path):
    preset = presets.load(name)
    random, data = np.random.default_rng(4), presets.prepare(preset.data)
    files = saved(build_model(preset), tmp_path, lambda _, w: random.normal(0, 1, w.shape))
    wanted = np.asarray(load_model(files[1])(data.x_test, training=False))
    apart = []
    for samples in (None, data.x_train):
        graph = post_training(*files, name, samples).graph
        apart.append(float(np.mean((evaluate(graph, data.x_test) - wanted) ** 2)))
    assert apart[1] < apart[0] / 2  # weights beyond the run's own range no longer saturate
