"""Networks as a user would build them: trained a little on real data where there is some, then compared.

Keras = graph, layer by layer, = the emulator; and, compiled, = hls4ml's C simulation. A network whose
normalization cannot be exact is compared with Keras through the differences that are measured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from edgeml import backends
from edgeml.backends.onnx.emulator import Emulator
from edgeml.ir import Graph, evaluate_codes, input_codes
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.difference import measure
from edgeml.keras.float32 import not_proven
from edgeml.keras.lower import lower_model
from tests.keras.exactness import randomize
from tests.support import needs_data

keras, qkeras = import_keras(), import_qkeras()
layers, QActivation = keras.layers, qkeras.QActivation


def bits(width=6, integer=0, **settings):
    return qkeras.quantized_bits(width, integer, **{"alpha": 1.0, **settings})


def relu(x, name, width=6, integer=2):
    return QActivation(qkeras.quantized_relu(width, integer), name=name)(x)


def conv(x, filters, size, name, **settings):
    chosen = {"kernel_quantizer": bits(5), "bias_quantizer": bits(6), "padding": "same", **settings}
    return qkeras.QConv2D(filters, size, name=name, **chosen)(x)


def dense(x, units, name, **settings):
    chosen = {"kernel_quantizer": bits(5), "bias_quantizer": bits(6), **settings}
    return qkeras.QDense(units, name=name, **chosen)(x)


def residual_cnn() -> Any:
    """Two blocks with a shortcut, batch normalization whose factors are powers of two."""
    source = keras.Input((8, 8, 1), name="image")
    x = QActivation(bits(6, 3), name="q")(source)
    x = relu(conv(x, 4, 3, "stem"), "stem_act")
    for block in ("one", "two"):
        y = conv(x, 4, 3, f"{block}_conv", use_bias=False)
        y = qkeras.QBatchNormalization(
            name=f"{block}_bn",
            mean_quantizer=bits(6, 2),
            beta_quantizer=bits(6, 2),
            gamma_quantizer=None,
            variance_quantizer=None,
            inverse_quantizer=qkeras.quantized_po2(4),
        )(y)
        y = QActivation(bits(6, 2), name=f"{block}_y")(y)
        x = relu(layers.Add(name=f"{block}_add")([x, y]), f"{block}_act")
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(source, dense(x, 5, "logits"), name="residual_cnn")


def normalized_cnn() -> Any:
    """Plain batch normalization: constants of 17 bits, noted."""
    source = keras.Input((8, 8, 1), name="image")
    x = QActivation(bits(6, 3), name="q")(source)
    x = layers.BatchNormalization(name="bn1")(conv(x, 4, 3, "c1"))
    x = layers.MaxPooling2D(2, name="pool")(relu(x, "act1"))
    x = layers.BatchNormalization(name="bn2")(conv(x, 4, 3, "c2"))
    x = layers.Flatten(name="flat")(relu(x, "act2"))
    return keras.Model(source, dense(x, 5, "logits"), name="normalized_cnn")


def folded_cnn() -> Any:
    """QConv2DBatchnorm: the normalization is folded into quantized kernels."""
    source = keras.Input((8, 8, 1), name="image")
    x = QActivation(bits(6, 3), name="q")(source)
    for i, filters in enumerate((4, 6)):
        settings = {"kernel_quantizer": bits(6, 1), "bias_quantizer": bits(8, 2), "padding": "same"}
        x = qkeras.QConv2DBatchnorm(filters, 3, strides=1 + i, name=f"c{i}", **settings)(x)
        x = relu(x, f"act{i}")
    x = layers.Flatten(name="flat")(layers.AveragePooling2D(2, name="mean")(x))
    return keras.Model(source, dense(x, 5, "logits"), name="folded_cnn")


def separable_cnn() -> Any:
    """A MobileNet block: depthwise, pointwise, and a separable layer; kernels without alpha."""
    source = keras.Input((8, 8, 2), name="image")
    x = QActivation(bits(6, 3), name="q")(source)
    x = qkeras.QDepthwiseConv2D(
        3, padding="same", name="dw", depthwise_quantizer=qkeras.quantized_bits(5, 0), bias_quantizer=bits(6)
    )(x)
    x = relu(x, "dw_act")
    x = relu(conv(x, 6, 1, "pw", kernel_quantizer=qkeras.quantized_bits(5, 0)), "pw_act")
    x = qkeras.QSeparableConv2D(
        4, 3, name="sep", depthwise_quantizer=bits(4), pointwise_quantizer=bits(4), bias_quantizer=bits(6)
    )(x)
    x = layers.GlobalMaxPooling2D(name="max")(relu(x, "sep_act"))
    return keras.Model(source, dense(x, 5, "logits"), name="separable_cnn")


def ecg() -> Any:
    """1-D convolutions over 140 samples of a heart beat."""
    source = keras.Input((140, 1), name="beat")
    x = QActivation(bits(7, 3), name="q")(source)
    for i, filters in enumerate((4, 6)):
        x = qkeras.QConv1D(
            filters,
            7,
            strides=2,
            padding="same",
            name=f"c{i}",
            kernel_quantizer=bits(5),
            bias_quantizer=bits(6),
        )(x)
        x = layers.MaxPooling1D(2, name=f"pool{i}")(relu(x, f"act{i}"))
    x = layers.Flatten(name="flat")(x)
    return keras.Model(source, dense(x, 5, "logits"), name="ecg")


def autoencoder() -> Any:
    """Down, and up again with UpSampling and a transposed convolution; the image is the output."""
    source = keras.Input((8, 8, 1), name="image")
    x = QActivation(bits(6, 3), name="q")(source)
    x = relu(conv(x, 4, 3, "down1", strides=2), "down1_act")
    x = relu(conv(x, 2, 3, "code", strides=2), "code_act", 4)
    x = layers.UpSampling2D(2, name="up")(x)
    x = relu(conv(x, 4, 3, "up1"), "up1_act")
    x = qkeras.QConv2DTranspose(
        1, 2, strides=2, name="up2", kernel_quantizer=bits(5), bias_quantizer=bits(6)
    )(x)
    return keras.Model(source, QActivation(bits(6, 3), name="image_out")(x), name="autoencoder")


def two_inputs() -> Any:
    """A signal and a few numbers beside it, joined; one output for each task."""
    signal, extra = keras.Input((16, 1), name="signal"), keras.Input((3,), name="extra")
    x = QActivation(bits(6, 3), name="q_signal")(signal)
    x = qkeras.QConv1D(3, 3, name="c", kernel_quantizer=bits(5), bias_quantizer=bits(6))(x)
    x = layers.Flatten(name="flat")(relu(x, "act"))
    y = QActivation(bits(8, 2), name="q_extra")(extra)
    x = layers.Concatenate(name="join")([x, y])
    x = relu(dense(x, 6, "fc"), "fc_act")
    return keras.Model([signal, extra], [dense(x, 4, "classes"), dense(x, 1, "value")], name="two_inputs")


def shared() -> Any:
    """The same layers over two inputs, and their difference (a siamese network)."""
    a, b = keras.Input((12,), name="a"), keras.Input((12,), name="b")
    quantize = QActivation(bits(6, 3), name="q")
    first = qkeras.QDense(8, name="fc", kernel_quantizer=bits(5), bias_quantizer=bits(6))
    act = QActivation(qkeras.quantized_relu(5, 2), name="act")
    difference = layers.Subtract(name="apart")([act(first(quantize(v))) for v in (a, b)])
    return keras.Model([a, b], dense(QActivation(bits(6, 2), name="d")(difference), 2, "same"), name="shared")


def ternary_net() -> Any:
    """Ternary kernels, ternary activations."""
    source = keras.Input((20,), name="x")
    x = QActivation(bits(6, 3), name="q")(source)
    for i in range(2):
        x = dense(x, 12, f"fc{i}", kernel_quantizer=qkeras.ternary(alpha=1.0), use_bias=False)
        x = QActivation(qkeras.ternary(threshold=0.5, alpha=1.0), name=f"act{i}")(x)
    return keras.Model(source, dense(x, 5, "logits"), name="ternary_net")


def binary_net() -> Any:
    """Binary kernels with power-of-two scales, binary activations."""
    source = keras.Input((20,), name="x")
    x = QActivation(bits(6, 3), name="q")(source)
    for i in range(2):
        x = dense(x, 12, f"fc{i}", kernel_quantizer=qkeras.binary(alpha="auto_po2"), use_bias=False)
        x = QActivation(qkeras.binary(alpha=1.0), name=f"act{i}")(x)
    return keras.Model(source, dense(x, 5, "logits"), name="binary_net")


def attention_like() -> Any:
    """A gate per channel: sigmoid, softmax over positions, products."""
    source = keras.Input((6, 4), name="x")
    x = QActivation(bits(6, 3), name="q")(source)
    gate = QActivation(bits(6, 2), name="gate_in")(dense(x, 4, "gate"))
    gate = QActivation(bits(6, 0, keep_negative=False), name="gate_q")(
        layers.Activation("sigmoid", name="sigmoid")(gate)
    )
    x = QActivation(bits(6, 3), name="gated_q")(layers.Multiply(name="gated")([x, gate]))
    x = layers.MaxPooling1D(2, name="pool")(x)
    return keras.Model(source, dense(layers.Flatten(name="flat")(x), 5, "logits"), name="attention_like")


EXACT: dict[str, Callable[[], Any]] = {
    made.__name__: made
    for made in (
        residual_cnn,
        folded_cnn,
        separable_cnn,
        ecg,
        autoencoder,
        two_inputs,
        shared,
        ternary_net,
        binary_net,
        attention_like,
    )
}


def samples(model: Any, count: int = 96) -> list[np.ndarray]:
    """Floats of several sizes for every input, samples of zeros and far-off values among them."""
    rng = np.random.default_rng(5)
    made = []
    for tensor in model.inputs:
        x = rng.normal(0, 1, (count, *tensor.shape[1:])) * rng.choice(
            [0.3, 1, 4], (count, *(1,) * (len(tensor.shape) - 1))
        )
        x[0], x[1], x[2] = 0, 50, -50
        made.append(x.astype(np.float32))
    return made


def fitted(model: Any) -> Any:
    """Random weights, then a few steps of training towards random targets."""
    randomize(model, spread=0.5)
    x = samples(model, 64)
    rng = np.random.default_rng(6)
    targets = [rng.normal(0, 1, (64, *tensor.shape[1:])).astype(np.float32) for tensor in model.outputs]
    model.compile(keras.optimizers.Adam(3e-3), loss="mse", run_eagerly=True)  # faster for a few steps
    model.fit(x if len(x) > 1 else x[0], targets if len(targets) > 1 else targets[0], epochs=2, verbose=0)
    return model


def compare(model: Any, x: list[np.ndarray]) -> Graph:
    """Every layer equal to Keras where float32 can be, every output equal in the emulator."""
    lowered = lower_model(model)
    graph = lowered.graph
    assert all(note.exact for note in lowered.notes)
    assert not_proven(graph) == ()
    rows = measure(model, lowered, x)
    assert [row.layer for row in rows if row.differing] == []
    assert sorted(row.layer for row in rows) == sorted(graph.outputs)
    codes = input_codes(graph, x if len(x) > 1 else x[0])
    expected, got = evaluate_codes(graph, codes), Emulator(graph).predict_codes(codes)
    for name in graph.outputs:
        np.testing.assert_array_equal(got[name], expected[name])
        assert np.ptp(expected[name]) > 0, f"{name} never changes"
    return graph


QUICK = ("folded_cnn", "separable_cnn", "two_inputs", "ternary_net")
"""One of each kind; the others take a minute together."""


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in EXACT]
)
def test_keras_graph_and_emulator_agree(name):
    model = fitted(EXACT[name]())
    compare(model, samples(model))


def test_plain_batch_normalization_is_measured():
    model = fitted(normalized_cnn())
    lowered = lower_model(model)
    assert {note.layer for note in lowered.notes if not note.exact} == {"bn1", "bn2"}
    (x,) = samples(model, 200)
    rows = {row.layer: row for row in measure(model, lowered, x)}
    assert rows["bn1"].differing > 0
    assert rows["logits"].differing <= 0.2 * rows["logits"].elements
    floats = np.asarray(model(x))
    expected = Emulator(lowered.graph).predict(x)
    assert np.mean(np.argmax(floats, 1) == np.argmax(expected, 1)) > 0.97


@pytest.mark.slow
@pytest.mark.tool
@pytest.mark.parametrize("name", EXACT)
def test_hls4ml_agrees(name, tmp_path):
    model = fitted(EXACT[name]())
    graph = lower_model(model).graph
    target = backends.load("hls4ml")
    options = target.options({})
    refused = target.refusals(graph, options)
    assert not refused, refused[0]
    (runner,) = target.runners()
    if runner.available():
        pytest.skip(runner.available())
    target.emit(graph, options).write(tmp_path)
    x = samples(model, 20)
    codes = input_codes(graph, x if len(x) > 1 else x[0])
    got, expected = runner.run_codes(tmp_path, graph, codes), evaluate_codes(graph, codes)
    for output in graph.outputs:
        np.testing.assert_array_equal(got[output], expected[output])


def trained(model: Any, x: np.ndarray, y: np.ndarray, epochs: int) -> Any:
    """The model after some epochs on labelled samples."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(3e-3), loss=loss)
    model.fit(x, np.unique(y, return_inverse=True)[1], epochs=epochs, batch_size=32, verbose=0)
    return model


@pytest.mark.slow
def test_heart_beats():
    """ECG5000: trained on 400 real beats, then equal on the other 100."""
    with np.load(needs_data("ecg5000"), allow_pickle=False) as data:
        x, y = data["x"].reshape(-1, 140, 1).astype(np.float32), data["y"]
    compare(trained(ecg(), x[:400], y[:400], 4), [x[400:]])


@pytest.mark.slow
def test_spoken_vowels():
    """Japanese vowels: twelve channels of 25 steps, equal on 370 utterances."""
    with np.load(needs_data("timeseries"), allow_pickle=False) as data:
        x, x_test = (
            np.nan_to_num(data[f"JapaneseVowels_x_{part}"]).transpose(0, 2, 1).astype(np.float32)
            for part in ("train", "test")
        )
        y = data["JapaneseVowels_y_train"]
    source = keras.Input((25, 12), name="steps")
    z = QActivation(bits(8, 2), name="q")(source)
    settings = {"kernel_quantizer": bits(5), "bias_quantizer": bits(6)}
    z = relu(qkeras.QConv1D(8, 5, name="c1", **settings)(z), "act1")
    z = relu(qkeras.QConv1D(8, 3, dilation_rate=2, name="c2", **settings)(z), "act2")
    z = layers.GlobalAveragePooling1D(name="mean")(layers.ZeroPadding1D((0, 15), name="pad")(z))
    model = keras.Model(source, dense(z, 9, "logits"), name="vowels")
    compare(trained(model, x, y, 4), [x_test])
