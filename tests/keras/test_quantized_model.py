"""Plain Keras models become their quantized twins: topology, weights, exactness; a preset of plain layers."""

from __future__ import annotations

import numpy as np
import pytest

import edgeml
from edgeml import presets
from edgeml.errors import EdgemlError
from edgeml.ir.evaluate import evaluate_codes, input_codes
from edgeml.keras.lower import lower_model
from edgeml.keras.quantized_model import quantized
from edgeml.keras.run import lower_run, trained_model
from edgeml.keras.runner import keras_codes
from edgeml.presets import Bits, LayerBits, OtherBits, Quantizers
from edgeml.runs import Run
from edgeml.training.train import train
from tests.training.test_training import PRESET

FORMS = Quantizers(
    inputs=Bits(bits=8, integer=0, signed=False),
    weights=Bits(bits=6, integer=1),
    biases=Bits(bits=8, integer=2),
    activations=Bits(bits=8, integer=3),
    layers={"fc": LayerBits(weights=OtherBits(bits=3), activations=OtherBits(bits=5))},
)


def layers_of(model):
    return [(type(layer).__name__, layer.name) for layer in model.layers]


def classic():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((8, 8, 1), name="image"),
            layers.Conv2D(3, 3, activation="relu", name="conv"),
            layers.MaxPooling2D(name="pool"),
            layers.DepthwiseConv2D(2, name="depth"),
            layers.BatchNormalization(name="norm"),
            layers.ReLU(name="act"),
            layers.Flatten(name="flat"),
            layers.Dropout(0.2, name="drop"),
            layers.Dense(6, activation="tanh", name="fc"),
            layers.Dense(3, activation="softmax", name="head"),
        ]
    )


def branches():
    import keras
    from keras import layers

    inputs = keras.Input((6, 6, 2), name="image")
    x = layers.Rescaling(1 / 256, name="scale")(inputs)
    x = layers.RandomFlip(name="flip")(x)
    x = layers.SeparableConv2D(4, 3, padding="same", name="sep")(x)
    x = layers.Add(name="both")([keras.ops.relu(x), layers.LeakyReLU(0.25, name="leaky")(x)])
    return keras.Model(inputs, layers.Dense(3, name="head")(layers.GlobalMaxPooling2D(name="most")(x)))


def nested():
    import keras
    from keras import layers

    inner = keras.Sequential(
        [keras.Input((40,)), layers.Dense(4, activation="elu", name="in1")], name="inner"
    )
    inputs = keras.Input((12, 2), name="series")
    x = layers.ReLU(6.0, name="six")(layers.Conv1D(4, 3, name="conv")(inputs))
    x = inner(layers.Flatten(name="flat")(x))
    return keras.Model(inputs, layers.Dense(2, name="head")(x))


@pytest.mark.parametrize(
    ("build", "layers"),
    [
        (
            classic,
            [
                *[("InputLayer", "image"), ("QActivation", "image.quantized"), ("QConv2D", "conv")],
                *[("MaxPooling2D", "pool"), ("QDepthwiseConv2D", "depth"), ("BatchNormalization", "norm")],
                *[("QActivation", "act"), ("Flatten", "flat"), ("Dropout", "drop"), ("QDense", "fc")],
                *[("QActivation", "fc.quantized"), ("QDense", "head")],
            ],
        ),
        (
            branches,
            [
                *[("InputLayer", "image"), ("Rescaling", "scale"), ("QActivation", "scale.quantized")],
                *[("RandomFlip", "flip"), ("QSeparableConv2D", "sep"), ("LeakyReLU", "leaky")],
                *[("QActivation", "relu"), ("QActivation", "leaky.quantized"), ("Add", "both")],
                *[("GlobalMaxPooling2D", "most"), ("QDense", "head")],
            ],
        ),
        (
            nested,
            [
                *[("InputLayer", "series"), ("QActivation", "series.quantized"), ("QConv1D", "conv")],
                *[("ReLU", "six"), ("QActivation", "six.quantized"), ("Flatten", "flat")],
                *[("Functional", "inner"), ("QDense", "head")],
            ],
        ),
    ],
)  # fmt: skip
def test_the_twin_is_exact_and_near_the_plain_model(build, layers):
    import keras

    keras.utils.clear_session()
    keras.utils.set_random_seed(0)
    model = build()
    twin = quantized(model, FORMS)
    assert layers_of(twin) == layers
    assert quantized(twin, FORMS) is twin
    assert all(
        np.array_equal(one, two) for one, two in zip(model.get_weights(), twin.get_weights(), strict=True)
    )
    graph = edgeml.lower(twin, outputs="logits")
    x = np.random.default_rng(0).uniform(0, 1, (20, *model.input_shape[1:])).astype(np.float32)
    x = np.floor(256 * x) if build is branches else x
    assert edgeml.check(graph, x, backends=["onnx"]).ok
    plain, rounded = (np.asarray(one(x, training=False)) for one in (model, twin))
    assert 0 < np.abs(plain - rounded).max() < 0.15 * max(1, np.abs(plain).max())
    if build is not classic:  # whose softmax the graph leaves off
        np.testing.assert_allclose(edgeml.emulator(graph).predict(x), rounded, atol=1e-6)


def test_formats_by_layer():
    twin = quantized(classic(), FORMS)
    assert twin.get_layer("fc").kernel_quantizer_internal.bits == 3
    assert twin.get_layer("conv").kernel_quantizer_internal.bits == 6
    assert twin.get_layer("fc.quantized").activation.bits == 5


UNSIGNED = FORMS.model_copy(update={"activations": Bits(bits=8, integer=2, signed=False)})


def _behind(call, shape=(12, 4)):
    """A model in which `call` stands between two plain layers."""
    import keras

    inputs = keras.Input(shape, name="series")
    x = keras.layers.Conv1D(4, 3, activation="relu", name="conv")(inputs)
    x = call(keras.layers, keras.ops, x)
    if len(x.shape) > 2:
        x = keras.layers.Flatten(name="flat")(x)
    return keras.Model(inputs, keras.layers.Dense(3, name="head")(x))


@pytest.mark.parametrize(
    ("call", "added"),
    [
        (lambda layers, ops, x: layers.GlobalAveragePooling1D(name="mean")(x), "mean.quantized"),
        (lambda layers, ops, x: layers.AveragePooling1D(5, name="mean")(x), "mean.quantized"),
        (lambda layers, ops, x: layers.AveragePooling1D(3, padding="same", name="mean")(x), "mean.quantized"),
        (lambda layers, ops, x: layers.AveragePooling1D(2, padding="same", name="mean")(x), None),
        (lambda layers, ops, x: ops.mean(x, axis=1), "mean.quantized"),
        (lambda layers, ops, x: ops.mean(x, axis=2), None),
        (lambda layers, ops, x: ops.tanh(x), "tanh.quantized"),
        (lambda layers, ops, x: ops.sigmoid(x), "sigmoid.quantized"),
        (
            lambda layers, ops, x: layers.Conv1D(2, 3, dilation_rate=2, padding="causal", name="tcn")(x),
            "tcn.pad",
        ),
        (lambda layers, ops, x: layers.DepthwiseConv2D((1, 3))(layers.Reshape((1, 10, 4))(x)), None),
        (lambda layers, ops, x: layers.Conv2DTranspose(2, (1, 3))(layers.Reshape((1, 10, 4))(x)), None),
    ],
)
def test_means_operations_and_causal_padding_are_exact(call, added):
    import keras

    keras.utils.clear_session()
    keras.utils.set_random_seed(0)
    model = _behind(call)
    twin = quantized(model, UNSIGNED)
    before = {name for _, name in layers_of(model)} | {"series.quantized"}
    new = {name for _, name in layers_of(twin)} - before
    assert new == ({added} if added else set())
    lowered = lower_model(twin)
    assert all(note.exact for note in lowered.notes)
    x = np.random.default_rng(0).uniform(-1, 1, (20, 12, 4)).astype(np.float32)
    np.testing.assert_array_equal(
        edgeml.evaluate(lowered.graph, x).reshape(20, 3), np.asarray(twin(x, training=False))
    )


@pytest.mark.parametrize(
    ("call", "signed"),
    [
        (lambda layers, ops, x: layers.Dense(4, activation="tanh", name="f")(x), True),
        (lambda layers, ops, x: layers.LeakyReLU(0.25, name="f")(layers.Dense(4)(x)), True),
        (lambda layers, ops, x: layers.Dense(4, activation="sigmoid", name="f")(x), False),
        (lambda layers, ops, x: layers.ReLU(4.0, name="f")(layers.Dense(4)(x)), False),
        (lambda layers, ops, x: layers.GlobalAveragePooling1D(name="f")(layers.Dropout(0.5)(x)), False),
        (lambda layers, ops, x: layers.GlobalAveragePooling1D(name="f")(layers.Dense(4)(x)), True),
    ],
)
def test_results_below_zero_keep_their_sign_where_activations_have_none(call, signed):
    rounding = quantized(_behind(call), UNSIGNED).get_layer("f.quantized").activation
    assert bool(rounding.keep_negative) == signed


def test_quantized_layers_stay():
    import keras
    from qkeras import QActivation, QDense

    inputs = keras.Input((4,))
    x = QActivation("quantized_bits(4, 0, alpha=1.0)", name="mine")(inputs)
    x = keras.layers.Dense(3, activation="tanh", name="plain")(x)
    x = QActivation("quantized_bits(5, 0, alpha=1.0)", name="round")(x)
    own = QDense(2, kernel_quantizer="ternary()", bias_quantizer="quantized_bits(4, 0)", name="own")(x)
    twin = quantized(keras.Model(inputs, own), FORMS)
    assert [name for _, name in layers_of(twin)][1:] == ["mine", "plain", "round", "own"]
    assert type(twin.get_layer("own").kernel_quantizer_internal).__name__ == "ternary"
    assert type(twin.get_layer("plain")).__name__ == "QDense"


def test_a_model_without_a_list_of_layers_is_refused():
    import keras

    class Own(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(EdgemlError, match=r"start it with keras\.Input"):
        quantized(Own(), FORMS)


def test_a_layer_of_two_results_is_refused_as_in_lowering():
    import keras

    inputs = keras.Input((3, 2), name="series")
    pair = keras.layers.Bidirectional(keras.layers.GRU(2), merge_mode=None, name="both")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Concatenate()(pair)))
    for entrance in (lambda: quantized(model, FORMS), lambda: edgeml.lower(model)):
        with pytest.raises(
            EdgemlError, match=r"both: the layer Bidirectional has 2 outputs.*merge_mode to concat"
        ):
            entrance()


def test_a_nested_model_of_two_results_has_a_twin_of_two():
    import keras

    entrance = keras.Input((3,))
    hidden = keras.layers.Dense(2, name="hidden")(entrance)
    inner = keras.Model(entrance, [hidden, keras.layers.Dense(2, name="second")(hidden)], name="inner")
    inputs = keras.Input((3,), name="values")
    model = keras.Model(inputs, keras.layers.Add(name="sum")(inner(inputs)))
    x = np.random.default_rng(0).uniform(0, 1, (9, 3)).astype(np.float32)
    assert edgeml.check(edgeml.lower(quantized(model, FORMS)), x, backends=["onnx"]).ok


PLAIN = PRESET[: PRESET.index("def build")] + (
    """
def build():
    import keras

    return keras.Sequential(
        [
            keras.Input((4,), name="measures"),
            keras.layers.Dense(8, activation="relu", name="fc1"),
            keras.layers.Dense(3, activation="softmax", name="fc2"),
        ]
    )


"""
    + PRESET[PRESET.index("PRESET =") :]
)


def test_a_preset_of_plain_layers_trains_and_is_exact(tmp_path):
    path = tmp_path / "slide.py"
    path.write_text(PLAIN)
    run = train(presets.load(path), tmp_path / "run")
    again = Run.open(tmp_path / "run")
    assert again.config == run.config
    graph = lower_run(run)
    samples = run.data().x_test
    assert edgeml.check(graph, samples, backends=["onnx"]).ok
    expected = evaluate_codes(graph, input_codes(graph, samples))
    got = keras_codes(trained_model(run), graph, samples)
    for name in graph.outputs:
        np.testing.assert_array_equal(got[name], expected[name])
