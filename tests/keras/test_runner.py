"""Keras as a runner, and the proof of where its float32 is exact."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType
from edgeml.ir import Builder, evaluate, evaluate_codes, input_codes
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.float32 import exact_in_float32, not_proven
from edgeml.keras.lower import lower, lower_model
from edgeml.keras.runner import keras_codes
from edgeml.presets import Lowering
from tests.keras.exactness import corner_data, randomize

keras, qkeras = import_keras(), import_qkeras()
layers = keras.layers
QActivation = qkeras.QActivation
QDense = qkeras.QDense
quantized_bits = qkeras.quantized_bits
quantized_relu = qkeras.quantized_relu


def dense(units, width, name, integer=0):
    quantizer = quantized_bits(width, integer, alpha=1.0)
    return QDense(
        units, kernel_quantizer=quantizer, bias_quantizer=quantized_bits(8, 1, alpha=1.0), name=name
    )


def model_of(width, *more, inputs=16):
    model = keras.Sequential(
        [
            keras.Input((inputs,), name="x"),
            QActivation(quantized_bits(width, 2, alpha=1.0), name="q"),
            dense(8, width, "fc"),
            *more,
        ]
    )
    randomize(model)
    return model


class TestRunner:
    def test_keeps_what_is_asked_for(self):
        model = model_of(6, QActivation(quantized_relu(4, 2), name="act"), dense(3, 6, "out"))
        graph = lower(model)
        x = corner_data((16,), 1100)  # more than one batch
        codes = keras_codes(model, graph, x, keep=["fc", "x", "fc.matmul", "nothing"])
        assert sorted(codes) == ["fc", "out", "x"]
        assert codes["x"].dtype == np.int64
        assert codes["out"].shape == (1100, 3)
        assert np.array_equal(codes["out"], evaluate(graph, x, raw=True))

    def test_a_changed_weight_shows_in_the_layer_it_is_in(self):
        model = model_of(6, QActivation(quantized_relu(4, 2), name="act"), dense(3, 6, "out"))
        graph = lower(model)
        kernel = keras.ops.convert_to_numpy(model.get_layer("fc").kernel).copy()
        kernel[2, 3] = 0.9 if kernel[2, 3] < 0.5 else -0.9
        model.get_layer("fc").kernel.assign(kernel)
        x = corner_data((16,))
        ours = evaluate_codes(graph, input_codes(graph, x), keep=["x", "fc"])
        theirs = keras_codes(model, graph, x, keep=["x", "fc"])
        assert np.array_equal(ours["x"], theirs["x"])
        differ = np.argwhere(ours["fc"] != theirs["fc"])
        assert set(differ[:, 1]) == {3}

    def test_another_model_is_refused(self):
        with pytest.raises(EdgemlError, match="lower the model again"):
            keras_codes(model_of(6, dense(3, 6, "out")), lower(model_of(6)), corner_data((16,)))

    def test_an_output_off_the_grid_is_refused_and_an_inner_one_left_out(self):
        bn = layers.BatchNormalization(name="bn")
        model = model_of(6, bn)
        x = corner_data((16,))
        with pytest.raises(EdgemlError, match="no multiple of 2"):
            keras_codes(model, lower(model, options=Lowering(factor_bits=8)), x)
        model = model_of(
            6, layers.BatchNormalization(name="bn"), QActivation(quantized_relu(4, 2), name="act")
        )
        assert "bn" in lower_model(model).layer_values
        assert sorted(
            keras_codes(model, lower(model, options=Lowering(factor_bits=8)), x, keep=["bn", "fc"])
        ) == ["act", "fc"]

    def test_several_inputs_by_name(self):
        a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
        q = QActivation(quantized_bits(6, 2, alpha=1.0), name="q")
        model = keras.Model([a, b], layers.Subtract(name="minus")([q(a), q(b)]))
        graph = lower(model)
        x = {"b": corner_data((4,)), "a": corner_data((4,), seed=3)}
        assert np.array_equal(keras_codes(model, graph, x)["minus"], evaluate(graph, x, raw=True))
        with pytest.raises(EdgemlError, match="1 inputs given, 2 expected: a, b"):
            keras_codes(model, graph, x["a"])


class TestFloat32:
    def test_narrow_networks_are_proven(self):
        graph = lower(model_of(6, QActivation(quantized_relu(4, 2), name="act"), dense(3, 6, "out")))
        bits = exact_in_float32(graph)
        assert list(bits) == ["fc.matmul", "fc", "act", "out.matmul", "out"]
        assert not_proven(graph) == ()

    def test_wide_ones_are_not_and_keras_is_indeed_inexact(self):
        model = model_of(16, inputs=64)
        graph = lower(model)
        assert "fc.matmul" in not_proven(graph)
        x = np.random.default_rng(0).normal(0, 1, (200, 64)).astype(np.float32)
        try:
            theirs = keras_codes(model, graph, x)["fc"]
        except EdgemlError:
            return  # a float that is on no grid
        assert np.any(theirs != evaluate(graph, x, raw=True))

    def test_counts_the_bits_of_the_largest_partial_sum(self):
        build = Builder("g")
        x = build.input((3,), FixedType(False, 8, 0), "x")
        weights = build.const([[64, 1], [-64, 1], [64, 1]], FixedType(True, 8, 0), "w")
        graph = build.graph(build.add(MatMul(), x, weights, name="product"))
        # 3 * 255 needs 10 bits; the factor 64 of the first column is an exponent, not bits.
        assert exact_in_float32(graph) == {"product": 10}

    def test_a_constant_factor_of_a_quantizer_makes_its_lsb_finer(self):
        """8200 + (q - 8200) rounds to 2^-10 in float32; q's LSB is 2^-11, of which alpha is 2^-3."""
        quantizer = quantized_bits(3, -5, keep_negative=False, alpha=0.125)
        model = keras.Sequential(
            [
                keras.Input((1,), name="x"),
                QActivation(quantized_bits(12, 14, keep_negative=False, alpha=1.0), name="huge"),
                QActivation(quantizer, name="fine"),
            ]
        )
        graph = lower(model)
        x = np.array([[8200.0]], np.float32)
        assert evaluate(graph, x)[0, 0] == 7 * 2.0**-11
        assert float(np.asarray(model(x))[0, 0]) == 2.0**-8
        assert len(not_proven(graph)) == 1

    def test_a_cast_from_a_huge_value_to_a_fine_grid_is_not_proven(self):
        build = Builder("g")
        x = build.input((1,), FixedType(True, 22, 0), "x")
        graph = build.graph(build.cast(x, FixedType(True, 6, 5), name="narrow"))
        assert exact_in_float32(graph)["narrow"] == 27
        value = np.float32(2.0**21 - 1)
        ours = evaluate(graph, np.array([[value]]))[0, 0]
        theirs = float(np.asarray(quantized_bits(6, 0, alpha=1.0)(np.array([value])))[0])
        assert ours == 31 / 32
        assert theirs != ours


def test_predict_reorders_sums_and_the_call_does_not():
    """As docs/exactness.md says; if this fails, TensorFlow has changed and so must the page."""
    rng = np.random.default_rng(2)
    sources = [keras.Input((50,), name=name) for name in ("a", "b")]
    values = [
        QActivation(qkeras.quantized_bits(width, 0, alpha=1))(source)
        for width, source in zip((8, 7), sources, strict=True)
    ]
    model = keras.Model(sources, keras.layers.Add()(values))
    x = [rng.random((500, 50), np.float32), rng.random((500, 50), np.float32) - np.float32(0.5)]
    graph = lower(model)
    exact = evaluate(graph, dict(zip(graph.inputs, x, strict=True)))
    assert np.array_equal(np.asarray(model(x)), exact)
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"arithmetic_optimization": True})  # as TensorFlow starts
    assert np.count_nonzero(model.predict(x, verbose=0) != exact) > 0
    model.compile(run_eagerly=True)
    assert np.array_equal(model.predict(x, verbose=0), exact)
