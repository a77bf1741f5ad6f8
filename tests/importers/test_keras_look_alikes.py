"""Models built as those that people publish: taken with Keras' own integers or floats, or refused by layer.

QKeras models are imported and compared integer for integer. Float models are quantized with so many bits that
a layer that is read wrongly shows at once.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml import importers, quantize_graph
from edgeml.errors import EdgemlError
from edgeml.importers.compare import compare
from edgeml.ir import evaluate_codes, input_codes
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.load import model_of
from edgeml.presets import Lowering

keras, qkeras = import_keras(), import_qkeras()
layers = keras.layers
pytestmark = pytest.mark.filterwarnings(
    "ignore:The structure of `inputs`:UserWarning",
    "ignore:__array__ implementation:DeprecationWarning",
    "ignore:You are saving your model as an HDF5:UserWarning",
)

BITS = 10
NEAR = 0.06
"""Largest distance from the float model at `BITS` bits, in standard deviations of its output."""


def settled(model: Any) -> Any:
    """The model with seeded weights whose sums stay near one."""
    rng = np.random.default_rng(5)
    for weight in model.weights:
        fan = max(1, int(np.prod(weight.shape[:-1])))
        if "seed" in weight.name or weight.name == "count" or weight.path.startswith("normalization"):
            continue
        if "variance" in weight.name or "gamma" in weight.name:
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
        elif "depthwise" in weight.name:
            weight.assign(rng.normal(0, 0.4, weight.shape))
        elif "kernel" in weight.name:
            weight.assign(rng.normal(0, (1.5 / fan) ** 0.5, weight.shape))
        elif weight.shape and not weight.path.startswith("learned"):
            weight.assign(rng.normal(0, 0.2, weight.shape))
    return model


def samples(shape: tuple[int, ...], count: int = 48) -> np.ndarray[Any, Any]:
    return np.random.default_rng(7).normal(0, 1, (count, *shape)).astype(np.float32)


def assert_near(file: Path, x: np.ndarray[Any, Any], wanted: np.ndarray[Any, Any]) -> None:
    """The model in a file, quantized, has the outputs of the float model but for roundings."""
    graph = quantize_graph(file, x, bits=BITS, method="minmax", corrections=())
    (output,) = graph.outputs
    values = np.ldexp(
        evaluate_codes(graph, input_codes(graph, x))[output].astype(float),
        -np.asarray(graph.info(output).type.frac),
    )
    distance = np.abs(values.reshape(wanted.shape) - wanted).max() / wanted.std()
    assert distance < NEAR, f"{distance:.3f} standard deviations away"


def mobilenet_v1() -> Any:
    source = x = keras.Input((12, 12, 3))
    x = layers.Rescaling(0.5, -0.25)(x)
    x = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
    x = layers.Conv2D(8, 3, strides=2, use_bias=False)(x)
    x = layers.ReLU(6.0)(layers.BatchNormalization()(x))
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    x = layers.ReLU(1.25)(layers.BatchNormalization()(x))
    x = layers.GlobalMaxPooling2D(keepdims=True)(x)
    x = layers.Conv2D(5, 1)(layers.Dropout(0.1)(x))
    return keras.Model(source, layers.Reshape((5,))(x))


def mobilenet_v2() -> Any:
    source = x = keras.Input((8, 8, 3))
    x = shortcut = layers.Activation("relu6")(layers.Conv2D(4, 3, padding="same")(x))
    x = layers.ReLU(6.0)(layers.BatchNormalization()(layers.Conv2D(12, 1, use_bias=False)(x)))
    x = keras.ops.clip(layers.DepthwiseConv2D(3, padding="same")(x), -0.5, 0.75)
    x = layers.Add()([shortcut, layers.BatchNormalization()(layers.Conv2D(4, 1, use_bias=False)(x))])
    return keras.Model(source, layers.Dense(4)(layers.Flatten()(x)))


def squeezenet() -> Any:
    source = x = keras.Input((12, 12, 3))
    x = layers.MaxPooling2D(3, 2)(layers.Conv2D(8, 3, strides=2, activation="relu")(x))
    x = layers.Conv2D(4, 1, activation="relu")(x)
    wide = layers.Conv2D(6, 3, padding="same", activation="relu")(x)
    x = layers.Concatenate()([layers.Conv2D(6, 1, activation="relu")(x), wide])
    return keras.Model(source, layers.GlobalAveragePooling2D()(layers.Conv2D(5, 1)(x)))


def resnet_v2() -> Any:
    source = x = keras.Input((8, 8, 3))
    x = shortcut = layers.Conv2D(6, 3, padding="same")(x)
    x = layers.Activation("relu")(layers.BatchNormalization()(x))
    x = layers.Conv2D(6, 3, padding="same")(x)
    x = layers.Activation("relu")(layers.Add()([shortcut, x]))
    return keras.Model(source, layers.Dense(4)(layers.Flatten()(layers.AveragePooling2D(2)(x))))


def squeeze_and_excite() -> Any:
    source = x = keras.Input((6, 6, 3))
    x = layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 0.5])(x)
    x = layers.Activation("swish")(layers.Conv2D(4, 3)(x))
    gate = layers.Reshape((1, 1, 4))(layers.GlobalAveragePooling2D()(x))
    x = layers.Multiply()([x, layers.Conv2D(4, 1, activation="sigmoid")(gate)])
    return keras.Model(source, layers.Dense(3)(layers.Flatten()(x)))


def turned() -> Any:
    source = x = keras.Input((6, 4, 3))
    x = layers.Reshape((4, 18))(layers.Permute((2, 1, 3))(x))
    x = layers.LeakyReLU(0.125)(layers.Conv1D(5, 3, padding="causal")(x))
    x = layers.UpSampling1D(2)(layers.Permute((2, 1))(x))
    return keras.Model(source, layers.Dense(4)(layers.Flatten()(x)))


def mobilenet_v3() -> Any:
    source = x = keras.Input((6, 6, 3))
    x = layers.Activation("hard_swish")(layers.Conv2D(4, 3)(x))
    gate = layers.Conv2D(4, 1)(layers.AveragePooling2D(4)(x))
    gate = layers.ReLU(6.0)(gate + 3.0) * (1 / 6)
    x = layers.Activation("mish")(layers.Multiply()([x, gate]))
    return keras.Model(source, layers.Dense(3)(layers.Flatten()(x)))


def unet() -> Any:
    source = x = keras.Input((6, 6, 2))
    x = layers.ELU(0.5)(layers.Conv2D(3, 3, padding="same")(x))
    y = layers.SeparableConv2D(4, 3, padding="same")(layers.MaxPooling2D()(x))
    x = layers.Concatenate()([x, layers.UpSampling2D()(y)])
    return keras.Model(source, layers.Conv2D(2, 1, activation="elu")(x))


def learned_slopes() -> Any:
    """Slopes of both signs and above one, as training may leave them; and a bounded leaky ReLU."""
    source = x = keras.Input((4, 4, 2))
    slopes = keras.initializers.RandomUniform(-0.5, 1.5, seed=3)
    x = layers.PReLU(slopes, shared_axes=[1, 2], name="learned")(layers.Conv2D(6, 3)(x))
    x = layers.ReLU(0.75, negative_slope=0.25)(layers.Dense(5)(layers.Flatten()(x)))
    return keras.Model(source, layers.Dense(3)(x))


def every_step() -> Any:
    source = x = keras.Input((8, 4))
    x = layers.TimeDistributed(layers.Dense(5, activation="softplus"))(x)
    return keras.Model(source, layers.Dense(3)(layers.GlobalMaxPooling1D()(x)))


FLOAT = {
    maker.__name__: maker
    for maker in (
        *(mobilenet_v1, mobilenet_v2, squeezenet, resnet_v2, squeeze_and_excite, turned),
        *(mobilenet_v3, unet, every_step, learned_slopes),
    )
}
WITH_OPERATIONS = ("mobilenet_v2", "mobilenet_v3")
QUICK = ("mobilenet_v1", "mobilenet_v2", "every_step", "learned_slopes")


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in FLOAT]
)
@pytest.mark.parametrize("suffix", [".keras", pytest.param(".h5", marks=pytest.mark.slow)])
def test_a_float_model(name: str, suffix: str, tmp_path: Path) -> None:
    model = settled(FLOAT[name]())
    x = samples(model.input_shape[1:])
    model.save(tmp_path / f"model{suffix}")
    if name in WITH_OPERATIONS and suffix == ".h5":  # which does not tell operations from layers
        with pytest.raises(EdgemlError, match=r"model\.keras"):  # as the same test takes it
            quantize_graph(tmp_path / f"model{suffix}", x)
        return
    assert_near(tmp_path / f"model{suffix}", x, np.asarray(model(x)))


@pytest.mark.parametrize(
    ("layer", "says", "remedy"),
    [
        (layers.LayerNormalization(name="odd"), "LayerNormalization is not covered", "use BatchNorm"),
        (layers.Embedding(9, 4, name="odd"), "Embedding is not covered", "one-hot columns"),
        (layers.Activation("exponential", name="odd"), "Exp is not quantized", "LeakyRelu"),
    ],
)
def test_a_float_layer_that_is_refused(layer: Any, says: str, remedy: str) -> None:
    source = x = keras.Input((6,))
    model = keras.Model(source, layers.Dense(3)(layers.Flatten()(layer(x))))
    with pytest.raises(EdgemlError, match=says) as refused:
        quantize_graph(model, samples((6,)))
    assert "odd" in refused.value.where
    assert remedy in str(refused.value.hint)


# ---------------------------------------------------------------- files as Keras 2 writes them


def keras2_nested(tk: Any) -> Any:
    inner = tk.Sequential([tk.layers.InputLayer((6, 6, 2)), tk.layers.Conv2D(4, 3), tk.layers.ReLU()])
    source = tk.Input((6, 6, 2))
    twice = tk.layers.Add()([inner(source), inner(tk.layers.ReLU(2.0)(source))])
    return tk.Model(source, tk.layers.Dense(3)(tk.layers.Flatten()(twice)))


def keras2_settings(tk: Any) -> Any:
    """Layers whose settings Keras 3 names otherwise or does not have."""
    source = x = tk.Input((8, 8, 3))
    x = tk.layers.LeakyReLU(alpha=0.25)(tk.layers.Conv2D(4, 3)(x))
    x = tk.layers.SpatialDropout2D(0.1)(x)
    x = tk.layers.ReLU(6.0)(tk.layers.BatchNormalization()(x))
    return tk.Model(source, tk.layers.Dense(3)(tk.layers.Flatten()(x)))


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
@pytest.mark.parametrize("maker", [keras2_nested, keras2_settings])
def test_a_file_of_keras_2(maker: Callable[[Any], Any], suffix: str, tmp_path: Path) -> None:
    tk = pytest.importorskip("tf_keras", reason="the writer of Keras 2 is not installed")
    tk.utils.set_random_seed(1)
    model = maker(tk)
    x = samples(model.input_shape[1:])
    model.save(tmp_path / f"model{suffix}")
    assert_near(tmp_path / f"model{suffix}", x, np.asarray(model(x)))


# ---------------------------------------------------------------- QKeras


def bits(width: int = 6, integer: int = 0, alpha: Any = 1) -> Any:
    return qkeras.quantized_bits(width, integer, alpha=alpha)


def weights(alpha: Any = 1) -> dict[str, Any]:
    return {"kernel_quantizer": bits(6, 0, alpha), "bias_quantizer": bits()}


def jet_tagging() -> Any:
    model = keras.Sequential([keras.Input((16,))])
    for units in (12, 8):
        model.add(qkeras.QDense(units, kernel_initializer="lecun_uniform", **weights()))
        model.add(qkeras.QActivation(qkeras.quantized_relu(6)))
    model.add(qkeras.QDense(5, **weights("auto_po2")))
    model.add(layers.Activation("softmax"))
    return model


def folded_dense() -> Any:
    source = x = keras.Input((16,))
    x = qkeras.QActivation(qkeras.quantized_relu(6, 2))(qkeras.QDenseBatchnorm(8, **weights())(x))
    return keras.Model(source, qkeras.QDense(3, **weights())(x))


def folded_conv() -> Any:
    source = x = keras.Input((8, 8, 2))
    x = qkeras.QActivation("quantized_relu(6, 2)")(qkeras.QConv2DBatchnorm(4, 3, **weights())(x))
    x = layers.MaxPooling2D(2, padding="same")(x)
    return keras.Model(source, qkeras.QDense(3, **weights())(layers.Flatten()(x)))


def two_inputs() -> Any:
    left, right = keras.Input((6,)), keras.Input((4,))
    x = qkeras.QActivation(qkeras.quantized_relu(4, 1))(qkeras.QDense(4, **weights())(left))
    y = qkeras.QActivation(bits(6, 3))(qkeras.QDense(4, **weights())(right))
    x = layers.Concatenate()([x, y, layers.Multiply()([x, y])])
    return keras.Model([left, right], qkeras.QDense(3, **weights())(x))


def separable() -> Any:
    source = x = keras.Input((6, 6, 2))
    kernels = {"depthwise_quantizer": bits(), "pointwise_quantizer": bits(4), "bias_quantizer": bits()}
    x = qkeras.QSeparableConv2D(4, 3, padding="same", **kernels)(x)
    x = shortcut = qkeras.QActivation(qkeras.quantized_relu(6, 2))(x)
    x = qkeras.QDepthwiseConv2D(3, padding="same", depthwise_quantizer=bits(), bias_quantizer=bits())(x)
    x = layers.Add()([shortcut, qkeras.QActivation(bits(8, 2))(x)])
    return keras.Model(source, qkeras.QDense(3, **weights())(layers.Flatten()(x)))


def folded_depthwise() -> Any:
    source = x = keras.Input((6, 6, 2))
    kernels = {"depthwise_quantizer": bits(), "bias_quantizer": bits()}
    x = qkeras.QActivation(qkeras.quantized_relu(6, 2))(qkeras.QDepthwiseConv2DBatchnorm(3, **kernels)(x))
    return keras.Model(source, qkeras.QDense(3, **weights())(layers.Flatten()(x)))


QKERAS = (jet_tagging, folded_dense, folded_conv, folded_depthwise, two_inputs, separable)


@pytest.mark.parametrize("maker", QKERAS)
@pytest.mark.parametrize("suffix", [".h5", ".json", pytest.param(".keras", marks=pytest.mark.slow)])
def test_a_qkeras_model(maker: Callable[[], Any], suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"model{suffix}"
    model = maker()
    rng = np.random.default_rng(2)
    for layer in model.layers:
        layer.set_weights(
            [rng.uniform(0.1, 0.9, part.shape) if part.ndim else part for part in layer.get_weights()]
        )
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    beside = None
    if suffix == ".json":
        file.write_text(model.to_json())
        model.save_weights(tmp_path / "model.weights.h5")
        beside = (tmp_path / "model.weights.h5").read_bytes()
    else:
        model.save(file)
    options = importers.ImportOptions("net", Lowering(input_type="fixed<12,6>"))
    source = importers.SourceFile(file, file.read_bytes(), beside)
    if maker in (folded_dense, folded_depthwise) and suffix == ".keras":
        with pytest.raises(EdgemlError, match=r"save it as model\.h5"):  # which the same test takes
            importers.read(source, options)
        return
    loaded = model_of(source.content, source.where, beside)
    for ours, theirs in zip(loaded.weights, model.weights, strict=True):
        assert not theirs.shape or np.array_equal(ours, theirs), theirs.path
    imported = importers.read(source, options)
    graph = imported.graph
    x = {name: samples(graph.info(name).shape, 100) for name in graph.inputs}
    rows = compare(imported, x)
    assert [row.layer for row in rows if row.differing] == []
    assert not any(note.exact is False for note in graph.notes)
    assert np.ptp(evaluate_codes(graph, {name: input_codes(graph, x)[name] for name in x})[graph.outputs[0]])


def test_an_operation_in_hdf5_is_refused_with_the_format_that_has_it(tmp_path: Path) -> None:
    """Operations are no classes of layers in such a file; `.keras` tells them apart, and is read."""
    source = keras.Input((8,))
    x = qkeras.QActivation(qkeras.quantized_relu(4, 1))(qkeras.QDense(6, **weights())(source))
    model = keras.Model(source, x[:, 1:4])
    model.save(tmp_path / "model.h5")
    options = importers.ImportOptions("net", Lowering(input_type="fixed<12,6>"))
    content = (tmp_path / "model.h5").read_bytes()
    with pytest.raises(EdgemlError, match="an operation GetItem of Keras") as refused:
        importers.read(importers.SourceFile(tmp_path / "model.h5", content), options)
    assert "model.keras, whose operations are read" in str(refused.value.hint)
    model.save(tmp_path / "model.keras")
    content = (tmp_path / "model.keras").read_bytes()
    importers.read(importers.SourceFile(tmp_path / "model.keras", content), options)


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_a_quantizer_that_qkeras_cannot_load_is_refused_with_another(suffix: str, tmp_path: Path) -> None:
    source = keras.Input((8,))
    x = qkeras.QActivation(qkeras.quantized_hswish(6, 2))(qkeras.QDense(6, **weights())(source))
    keras.Model(source, x).save(tmp_path / f"model{suffix}")
    file = importers.SourceFile(tmp_path / f"model{suffix}", (tmp_path / f"model{suffix}").read_bytes())
    with pytest.raises(EdgemlError, match="quantized_hswish") as refused:
        importers.read(file, importers.ImportOptions("net", Lowering(input_type="fixed<12,6>")))
    assert "hard_swish" in str(refused.value.hint)
