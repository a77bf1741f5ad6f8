from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from edgeml.errors import EdgemlError
from edgeml.keras.backend import import_keras
from edgeml.keras.float_model import copy_weights, float_model
from edgeml.keras.float_onnx import float_onnx
from edgeml.keras.load import load_model

keras = import_keras()
qkeras = pytest.importorskip("qkeras")

Q = "quantized_bits(16, 4, alpha=1)"


def quantized(build):
    inputs = keras.Input((8, 8, 2), name="image")
    return keras.Model(inputs, build(inputs))


def every_layer(x):
    x = qkeras.QActivation("quantized_bits(12, 3, alpha=1)", name="quantize")(x)
    x = qkeras.QConv2D(
        4,
        3,
        strides=2,
        padding="same",
        kernel_quantizer=Q,
        bias_quantizer=Q,
        name="conv",
        activation="quantized_relu(16, 6)",
    )(x)
    x = qkeras.QDepthwiseConv2D(3, depthwise_quantizer=Q, bias_quantizer=Q, name="depth")(x)
    x = qkeras.QBatchNormalization(
        beta_quantizer=Q, gamma_quantizer=Q, mean_quantizer=Q, variance_quantizer=Q, name="norm"
    )(x)
    x = qkeras.QActivation("quantized_tanh(16, use_real_tanh=True)", name="tanh")(x)
    a = keras.layers.Flatten(name="flatten")(x)
    b = qkeras.QDense(16, kernel_quantizer=Q, bias_quantizer=Q, name="fc")(a)
    b = qkeras.QActivation("quantized_relu(16, 8, negative_slope=0.25)", name="leaky")(b)
    x = keras.layers.Add(name="add")([a, b])
    return qkeras.QDense(3, kernel_quantizer=Q, use_bias=False, name="logits")(x)


def test_with_many_bits_the_quantized_model_is_nearly_its_float_counterpart():
    keras.utils.set_random_seed(0)
    model = quantized(every_layer)
    counterpart = float_model(model)
    kinds = {layer.name: type(layer) for layer in counterpart.layers}
    assert kinds["conv"] is keras.layers.Conv2D
    assert kinds["depth"] is keras.layers.DepthwiseConv2D
    assert kinds["norm"] is keras.layers.BatchNormalization
    assert kinds["leaky"] is keras.layers.ReLU
    assert counterpart.get_layer("leaky").negative_slope == 0.25
    x = np.random.default_rng(0).uniform(-2, 2, (16, 8, 8, 2)).astype(np.float32)
    got, wanted = counterpart(x).numpy(), model(x).numpy()
    assert np.abs(wanted).max() > 0.5
    np.testing.assert_allclose(got, wanted, atol=0.02)


def test_weights_are_copied_both_ways():
    keras.utils.set_random_seed(0)
    model = quantized(every_layer)
    counterpart = float_model(model)
    rng = np.random.default_rng(1)
    for weight in counterpart.weights:
        weight.assign(rng.normal(size=weight.shape))
    copy_weights(counterpart, model)
    copied = {weight.path.replace("depthwise_", ""): weight.numpy() for weight in model.weights}
    assert len(copied) == len(counterpart.weights) == 11
    for weight in counterpart.weights:
        np.testing.assert_array_equal(copied[weight.path], weight.numpy())


def test_a_model_inside_a_model_is_converted_too():
    inner_in = keras.Input((4,))
    inner = keras.Model(
        inner_in, qkeras.QDense(4, kernel_quantizer=Q, bias_quantizer=Q, name="inside")(inner_in), name="m"
    )
    outer_in = keras.Input((4,))
    model = keras.Model(outer_in, qkeras.QActivation("quantized_relu(16, 6)", name="act")(inner(outer_in)))
    counterpart = float_model(model)
    assert "qkeras" not in str(counterpart.get_config())
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    np.testing.assert_allclose(counterpart(x).numpy(), model(x).numpy(), atol=1e-2)


def folded(x):
    x = qkeras.QActivation("quantized_bits(12, 3, alpha=1)", name="quantize")(x)
    x = qkeras.QConv2DBatchnorm(
        3, 3, kernel_quantizer=Q, bias_quantizer=Q, activation="quantized_relu(16, 6)", name="conv"
    )(x)
    x = qkeras.QDepthwiseConv2DBatchnorm(2, depthwise_quantizer=Q, bias_quantizer=Q, name="depth")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    return qkeras.QDenseBatchnorm(4, kernel_quantizer=Q, bias_quantizer=Q, name="fc")(x)


def test_folded_layers_are_a_layer_and_its_batch_normalization():
    keras.utils.set_random_seed(0)
    model = quantized(folded)
    rng = np.random.default_rng(2)
    for layer in model.layers:
        for weight in layer.weights:
            if weight.name != "iteration":
                weight.assign(rng.uniform(0.2, 1.2, weight.shape) * (1 if "var" in weight.name else 0.5))
    counterpart = float_model(model)
    parts = [type(part).__name__ for part in counterpart.get_layer("conv").layers]
    assert parts == ["Conv2D", "BatchNormalization", "ReLU"]
    assert "qkeras" not in str(counterpart.get_config())
    x = rng.uniform(-2, 2, (16, 8, 8, 2)).astype(np.float32)
    got, wanted = np.asarray(counterpart(x)), np.asarray(model(x))
    assert np.abs(wanted).max() > 0.5
    np.testing.assert_allclose(got, wanted, atol=0.02)


def test_weights_of_folded_layers_are_copied_both_ways_and_counters_are_not():
    model = quantized(folded)
    counterpart = float_model(model)
    rng = np.random.default_rng(3)
    for weight in counterpart.weights:
        weight.assign(rng.normal(size=weight.shape))
    copy_weights(counterpart, model)
    for name in ("conv", "depth", "fc"):
        layer, parts = model.get_layer(name), counterpart.get_layer(name)
        there = {w.name.removeprefix("depthwise_"): np.asarray(w) for w in layer.weights}
        assert there.pop("iteration") <= 0
        assert set(there) == {w.name for w in parts.weights}
        for weight in parts.weights:
            np.testing.assert_array_equal(there[weight.name], np.asarray(weight))


@pytest.mark.parametrize("kind", ["binary", "ternary", "stochastic_binary", "stochastic_ternary"])
def test_signs_become_tanh_and_quantizers_of_weights_go(kind):
    def build(x):
        x = keras.layers.Flatten(name="flatten")(x)
        x = qkeras.QDense(4, kernel_quantizer=f"{kind}(alpha=1)", bias_quantizer=Q, name="fc")(x)
        return qkeras.QActivation(f"{kind}(alpha=1)", name="act")(x)

    counterpart = float_model(quantized(build))
    assert counterpart.get_layer("act").activation is keras.activations.tanh
    assert type(counterpart.get_layer("fc")) is keras.layers.Dense


def test_a_layer_without_counterpart_is_refused_by_name():
    with pytest.raises(EdgemlError, match="quantizer quantized_ulaw is not covered") as caught:
        float_model(quantized(lambda x: qkeras.QActivation("quantized_ulaw(6)", name="act")(x)))
    assert caught.value.where == "act"


def test_a_users_own_layer_class_is_refused():
    class Mine(keras.layers.Layer):
        def call(self, x):
            return x

    with pytest.raises(EdgemlError, match="layer class .*Mine is not one of Keras"):
        float_model(quantized(lambda x: Mine(name="mine")(x)))


def test_a_subclassed_model_is_refused():
    class Whole(keras.Model):
        pass

    with pytest.raises(EdgemlError, match="subclassed"):
        float_model(Whole())


def test_weights_of_another_model_are_refused():
    def dense(units, name):
        return quantized(lambda x: keras.layers.Dense(units, name=name)(x))

    with pytest.raises(EdgemlError, match="different shapes"):
        copy_weights(dense(3, "a"), dense(4, "a"))
    with pytest.raises(EdgemlError, match="has no weight kernel"):
        copy_weights(dense(3, "a"), dense(3, "b"))


def test_an_inline_activation_keeps_its_slope_and_bound():
    def build(x):
        x = keras.layers.Flatten(name="flatten")(x)
        settings = {"kernel_quantizer": Q, "bias_quantizer": Q}
        x = qkeras.QDense(6, activation="quantized_relu(16, 6, negative_slope=0.25)", name="a", **settings)(x)
        bounded = qkeras.quantized_relu(16, 6, is_quantized_clip=False, relu_upper_bound=0.5)
        return qkeras.QDense(6, activation=bounded, name="b", **settings)(x)

    keras.utils.set_random_seed(0)
    model = quantized(build)
    counterpart = float_model(model)
    x = np.random.default_rng(0).normal(size=(20, 8, 8, 2)).astype(np.float32)
    got, wanted = counterpart(x).numpy(), model(x).numpy()
    assert np.ptp(wanted) > 0.3
    np.testing.assert_allclose(got, wanted, atol=0.02)
    assert "qkeras" not in str(counterpart.get_config())


def test_the_activation_of_a_pooling_layer_is_not_lost(tmp_path):
    def build(x):
        x = qkeras.QAveragePooling2D(2, average_quantizer=Q, activation="quantized_relu(16, 4)", name="pool")(
            x
        )
        return keras.layers.Flatten(name="flatten")(x)

    model = quantized(build)
    counterpart = float_model(model)
    counterpart.save(tmp_path / "float.keras")
    x = np.random.default_rng(0).normal(size=(20, 8, 8, 2)).astype(np.float32)
    for loaded in (counterpart, load_model(tmp_path / "float.keras")):
        np.testing.assert_allclose(loaded(x).numpy(), model(x).numpy(), atol=0.01)


def test_adapted_statistics_are_copied():
    def build(x):
        norm = keras.layers.Normalization(name="norm")
        norm.adapt(np.random.default_rng(0).normal(3, 2, (50, 8, 8, 2)))
        return norm(x)

    model = quantized(build)
    x = np.random.default_rng(1).normal(size=(4, 8, 8, 2)).astype(np.float32)
    np.testing.assert_allclose(float_model(model)(x).numpy(), model(x).numpy(), rtol=1e-6)


def test_float_models_with_layers_as_activations_are_written_as_onnx(tmp_path):
    inputs = keras.Input((4,))
    dense = keras.layers.Dense(3, activation=keras.layers.ReLU(max_value=0.5, negative_slope=0.1))
    model = keras.Model(inputs, dense(inputs))
    model.save(tmp_path / "float.keras")
    x = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    for each in (model, load_model(tmp_path / "float.keras")):
        session = onnxruntime.InferenceSession(float_onnx(each))
        (got,) = session.run(None, {session.get_inputs()[0].name: x})
        np.testing.assert_allclose(got, model(x).numpy(), atol=1e-6)


def test_a_layer_that_keras_cannot_build_again_is_one_error():
    with pytest.raises(EdgemlError, match="cannot build this RandomShear again") as caught:
        float_model(quantized(lambda x: keras.layers.RandomShear(x_factor=0.3, name="shear")(x)))
    assert caught.value.where == "shear"
    float_model(quantized(lambda x: keras.layers.RandomShear(x_factor=(0, 0.3), name="shear")(x)))


def test_operations_stay_as_they_are():
    inputs = keras.Input((4, 3), name="x")
    x = qkeras.QActivation(Q, name="quantize")(inputs)
    x = keras.ops.sum(x, axis=-1) + keras.ops.max(x, axis=2)
    model = keras.Model(inputs, keras.layers.Rescaling(0.25)(x))
    x = np.random.default_rng(0).integers(-8, 9, (5, 4, 3)).astype(np.float32)
    np.testing.assert_array_equal(float_model(model)(x), model(x))
