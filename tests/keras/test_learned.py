"""Layers with learned widths: grids and their gradients, counts, pruning, saving, exactness."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import edgeml
from edgeml.errors import EdgemlError
from edgeml.fixed import FixedTypeArray
from edgeml.ir import evaluate_codes, input_codes
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.learned import LearnedActivation, LearnedConv2D, LearnedDense, learned_layers
from edgeml.keras.learned.grids import integer_bits, power_of_two, rounded, truncated, weight_bits
from edgeml.keras.load import load_model
from edgeml.keras.lower import lower_model
from edgeml.training.small.penalty import bit_operations, calibrate
from tests.keras.exactness import assert_same, randomize

keras, qkeras = import_keras(), import_qkeras()
INPUT = "quantized_bits(6, 2, alpha=1.0)"


def dense(**settings: Any) -> Any:
    """Two dense layers with learned widths behind a quantized input of 5."""
    x = inputs = keras.Input((5,), name="x")
    x = qkeras.QActivation(INPUT, name="quantize")(x)
    x = LearnedDense(4, activation="relu", name="fc1", **settings)(x)
    return keras.Model(inputs, LearnedDense(3, name="fc2", **settings)(x))


def samples(shape: tuple[int, ...] = (5,), count: int = 50) -> np.ndarray:
    return np.random.default_rng(5).normal(0, 1.5, (count, *shape)).astype(np.float32)


def test_powers_of_two_are_exact() -> None:
    exponents = np.arange(-60, 60).astype(np.float32)
    np.testing.assert_array_equal(power_of_two(exponents).numpy(), np.ldexp(1.0, np.arange(-60, 60)))
    magnitudes = np.ldexp(np.float32(1), np.arange(-14, 15))
    np.testing.assert_array_equal(integer_bits(magnitudes).numpy(), np.arange(-14, 15))
    np.testing.assert_array_equal(integer_bits(magnitudes * np.float32(1.0001)).numpy(), np.arange(-13, 16))


@pytest.mark.parametrize(
    ("grid", "value", "expected"), [(rounded, 0.8125, 0.75), (truncated, 0.8125, 0.75), (rounded, 0.9, 1.0)]
)
def test_the_gradient_by_bits_is_the_error_times_ln_2(grid: Any, value: float, expected: float) -> None:
    import tensorflow as tf

    x, fraction = tf.constant(value), tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch([x, fraction])
        result = grid(x, fraction)
    slopes: Any = tape.gradient(result, [x, fraction])
    by_x, by_fraction = map(float, slopes)
    assert float(result) == expected
    assert by_x == 1.0
    assert by_fraction == pytest.approx(np.log(2) * (value - expected), rel=1e-5)


def test_bits_of_weights_count_from_the_highest_set_one() -> None:
    weights = np.array([0.0, 0.25, -0.75, 1.0, 3.25], np.float32)
    np.testing.assert_array_equal(weight_bits(weights, np.float32(2)).numpy(), [0, 1, 2, 3, 4])


def test_bit_operations_by_hand() -> None:
    layer = LearnedDense(2, fraction=3, bias_fraction=2, input_fraction=1, name="fc")
    layer.build((None, 2))
    layer.kernel.assign([[0.5, -0.375], [0.875, 0.0]])  # codes 4, -3; 7, 0: 1, 2; 3, 0 bits
    layer.bias.assign([0.75, 0.0])  # 2 bits, 0 bits
    layer.input_integer.assign([1.0, 2.0])  # with one fractional bit: 2 and 3 bits
    assert layer.bit_operations() == 2 * (1 + 2) + 3 * 3 + 2
    layer.input_fraction.assign([-1.0, 1.0])  # no bit left for the first input
    assert layer.bit_operations() == 3 * 3 + 2
    np.testing.assert_array_equal(layer.kernel_codes()[0], [[0, 0], [7, 0]])


def test_a_convolution_counts_every_pixel_of_its_output() -> None:
    layer = LearnedConv2D(1, 2, fraction=0, input_fraction=0, use_bias=False, name="conv")
    layer.build((None, 4, 5, 1))
    layer.kernel.assign(np.ones((2, 2, 1, 1)))
    layer.input_integer.assign([3.0])
    assert layer.bit_operations() == 3 * 4 * (3 * 4)


def test_the_penalty_takes_bits_away_until_a_weight_is_gone() -> None:
    import tensorflow as tf

    layer = LearnedDense(2, fraction=3, input_fraction=3, use_bias=False, name="fc")
    layer.build((None, 2))
    layer.kernel.assign([[0.5, 0.25], [1.0, -0.5]])
    layer.strength.assign(1.0)
    x = np.ones((4, 2), np.float32)
    for _ in range(40):
        with tf.GradientTape() as tape:
            layer(x, training=True)
            (penalty,) = layer.losses
        slope = tape.gradient(penalty, layer.kernel_fraction.value)
        layer.kernel_fraction.assign_sub(0.1 * slope)
    assert layer.bit_operations() == 0
    np.testing.assert_array_equal(layer.kernel_codes()[0], 0)


@pytest.mark.parametrize("granularity", ["weight", "channel", "tensor"])
def test_integers_are_those_of_keras(granularity: str) -> None:
    model = dense(granularity=granularity)
    randomize(model)
    lowered = assert_same(model, samples())
    matmul = next(node for node in lowered.graph.nodes if node.name == "fc1.matmul")
    assert isinstance(lowered.graph.info(matmul.inputs[1]).type, FixedTypeArray) == (granularity != "tensor")


def test_calibrated_inputs_hold_every_sample_and_others_saturate() -> None:
    model = dense(input_fraction=4)
    x = samples()
    calibrate(model, x)
    (first, _) = learned_layers(model)
    seen = np.abs(np.asarray(qkeras.QActivation(INPUT)(x))).max(axis=0)
    assert np.all(seen <= 2.0 ** first.input_bits()[1])
    assert np.all(2.0 ** (first.input_bits()[1] - 1) < seen)
    assert_same(model, np.concatenate([x, 4 * x]))


def test_a_model_comes_back_from_its_file(tmp_path: Path) -> None:
    x = inputs = keras.Input((6, 6, 2))
    x = qkeras.QActivation(INPUT)(x)
    x = LearnedConv2D(3, 3, activation="relu", granularity="channel", name="conv")(x)
    x = LearnedActivation(granularity="tensor", name="act")(x)
    model = keras.Model(inputs, LearnedDense(2, name="fc")(keras.layers.Flatten()(x)))
    randomize(model)
    model.save(tmp_path / "model.keras")
    again = load_model(tmp_path / "model.keras")
    assert lower_model(again).graph.digest == lower_model(model).graph.digest
    assert bit_operations(again) == bit_operations(model) > 0


def test_a_feature_of_two_values_is_told_by_its_sign_alone() -> None:
    x = inputs = keras.Input((2,), name="x")
    x = qkeras.QActivation(INPUT, name="quantize")(x)
    layer = LearnedDense(2, input_fraction=-1, use_bias=False, name="fc")
    model = keras.Model(inputs, layer(x))
    seen = np.array([[-0.25, 1.5], [1.5, 0.25], [1.5, 0.0]], np.float32)
    calibrate(model, seen)  # one integer bit for both, and a sign for the first
    layer.kernel.assign([[1.0, -0.5], [0.25, 1.0]])
    np.testing.assert_array_equal(layer.input_widths(), [1, 0])
    assert layer.bit_operations() == 1 * (1 + 1)
    lowered = assert_same(model, seen)
    codes = evaluate_codes(lowered.graph, input_codes(lowered.graph, seen), lowered.graph.outputs)
    (name,) = lowered.graph.outputs
    assert codes[name][0, 0] != codes[name][1, 0] == codes[name][2, 0]
    assert not layer.live_inputs(signed=False).any()


def test_a_file_without_signs_of_inputs_computes_what_it_did(tmp_path: Path) -> None:
    model = dense()
    randomize(model)
    for layer in learned_layers(model):
        layer.input_sign.assign(np.zeros(layer.input_sign.shape))
    model.save(tmp_path / "new.keras")
    with (
        zipfile.ZipFile(tmp_path / "new.keras") as archive,
        zipfile.ZipFile(tmp_path / "old.keras", "w") as old,
    ):
        for name in archive.namelist():
            old.writestr(
                name, _without_signs(archive.read(name)) if name.endswith(".h5") else archive.read(name)
            )
    again = load_model(tmp_path / "old.keras")
    assert lower_model(again).graph.digest == lower_model(model).graph.digest


def _without_signs(weights: bytes) -> bytes:
    """A file of weights without the last variable of each layer with learned widths, of which there are 8."""
    content = io.BytesIO(weights)
    with h5py.File(content, "r+") as file:
        dropped: list[str] = []
        file.visit(lambda name: dropped.append(name) if name.endswith("vars/8") else None)
        assert len(dropped) == 2
        for name in dropped:
            del file[name]
    return content.getvalue()


def test_refusals() -> None:
    with pytest.raises(ValueError, match="granularity='bit' is not one of weight, channel, tensor"):
        LearnedDense(3, granularity="bit")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="groups=2"):
        LearnedConv2D(4, 2, groups=2)(keras.Input((4, 4, 2)))
    inputs = keras.Input((5,), name="x")
    with pytest.raises(EdgemlError, match="unquantized input 'x'"):
        edgeml.lower(keras.Model(inputs, LearnedDense(3)(inputs)))
