from __future__ import annotations

import numpy as np
import pytest

from edgeml.errors import EdgemlError
from edgeml.keras.backend import import_keras
from edgeml.keras.float_model import copy_weights, float_model

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


def test_what_has_no_counterpart_is_refused_by_name():
    with pytest.raises(EdgemlError, match="activation quantized_ulaw") as caught:
        float_model(quantized(lambda x: qkeras.QActivation("quantized_ulaw(6)", name="act")(x)))
    assert caught.value.where == "act"


def test_a_users_own_layer_class_is_refused():
    class Mine(keras.layers.Layer):
        def call(self, x):
            return x

    with pytest.raises(EdgemlError, match="layer class Mine"):
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
