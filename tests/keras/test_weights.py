"""Weights that are unusual: dead channels, scales of zero, numbers that are none."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.errors import EdgemlError
from edgeml.ir import evaluate
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.lower import lower, lower_model
from edgeml.keras.quantizers import quantize_weights

keras, qkeras = import_keras(), import_qkeras()

SCALED = {
    "quantized_bits": lambda alpha: qkeras.quantized_bits(4, 0, alpha=alpha),
    "quantized_linear": lambda alpha: qkeras.quantized_linear(4, 0, alpha=alpha),
    "binary": lambda alpha: qkeras.binary(alpha=alpha),
    "ternary": lambda alpha: qkeras.ternary(alpha=alpha),
}


def dense(quantizer, kernel):
    model = keras.Sequential(
        [
            keras.Input((4,)),
            qkeras.QActivation(qkeras.quantized_bits(8, 2, alpha=1.0)),
            qkeras.QDense(3, kernel_quantizer=quantizer, use_bias=False, name="fc"),
        ]
    )
    model.get_layer("fc").set_weights([np.asarray(kernel, np.float32)])
    return model


class TestDeadChannels:
    @pytest.mark.parametrize("alpha", ["auto", "auto_po2", None])
    @pytest.mark.parametrize("dead", [(1,), (0, 1, 2)], ids=["one", "all"])
    @pytest.mark.parametrize("name", SCALED)
    def test_they_stay_zero(self, name, dead, alpha):
        kernel = np.random.default_rng(0).normal(0, 0.4, (4, 3))
        kernel[:, dead] = 0
        model = dense(SCALED[name](alpha), kernel)
        x = np.random.default_rng(1).normal(size=(50, 4)).astype(np.float32)
        ours, theirs = evaluate(lower(model), x), np.asarray(model(x))
        assert np.allclose(ours, theirs, atol=1e-4, rtol=1e-4)
        if alpha == "auto_po2":
            assert np.array_equal(ours, theirs)
        if name != "binary":
            assert not np.any(ours[:, dead])

    def test_a_dead_channel_alone_costs_no_exactness(self):
        kernel = np.zeros((4, 3))
        assert lower_model(dense(SCALED["quantized_bits"]("auto"), kernel)).notes == ()


class TestRefused:
    @pytest.mark.parametrize("alpha", [0.0, float("nan"), float("inf")])
    @pytest.mark.parametrize("name", SCALED)
    def test_a_scale_of_zero(self, name, alpha):
        with pytest.raises(EdgemlError, match=r"scale that is zero or no finite number \(use alpha=1.0\)"):
            lower(dense(SCALED[name](alpha), np.ones((4, 3))))

    @pytest.mark.parametrize("name", SCALED)
    def test_a_scale_of_zero_for_an_activation(self, name):
        model = keras.Sequential(
            [
                keras.Input((4,)),
                qkeras.QActivation(qkeras.quantized_bits(8, 2, alpha=1.0)),
                qkeras.QActivation(SCALED[name](0.0), name="act"),
            ]
        )
        with pytest.raises(EdgemlError, match="^act: .*scale that is zero"):
            lower(model)

    @pytest.mark.parametrize(
        ("weights", "says"),
        [
            (np.ones(3, np.complex64), "weights of type complex64"),
            (np.array(["1"]), "weights of type <U1"),
            (np.array([1.0, np.nan]), r"the weight at \[1\] is not finite \(nan\)"),
            (np.array([1.0, 1e300]), r"the weight at \[1\] is not finite \(inf\)"),
        ],
    )
    def test_no_real_numbers(self, weights, says):
        with pytest.raises(EdgemlError, match=says) as caught:
            quantize_weights(SCALED["quantized_bits"](1.0), weights, "fc.kernel")
        assert caught.value.where == "fc.kernel"
        assert caught.value.hint
