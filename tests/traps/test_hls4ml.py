"""Traps of converting QKeras with hls4ml: each shows that edgeml's users get the trained integers.

A number in a name is an issue or pull request of fastmachinelearning/hls4ml; the others were met while
reading hls4ml 1.3 and have no public number that is known.
"""

from __future__ import annotations

import re

import numpy as np
import pytest

from edgeml import backends
from edgeml.errors import EdgemlError
from edgeml.ir import evaluate
from edgeml.keras.lower import lower
from tests.keras.exactness import corner_data, randomize
from tests.traps.networks import (
    bits,
    dense,
    emitted,
    exact,
    keras,
    network,
    outcome,
    qkeras,
    simulated,
    types,
)

layers, QActivation = keras.layers, qkeras.QActivation


def activated(quantizer):
    return network(dense(), QActivation(quantizer, name="act"))


class TestTypesOfActivations:
    """Sign, width, point, rounding and overflow as QKeras means them."""

    @pytest.mark.parametrize(
        ("quantizer", "kind"),
        [
            (bits(6, 2), "ap_fixed<6,3,AP_RND_CONV,AP_SAT,0>"),
            (bits(4, 5), "ap_fixed<4,6,AP_RND_CONV,AP_SAT,0>"),
            (bits(4, 3), "ap_fixed<4,4,AP_RND_CONV,AP_SAT,0>"),
        ],
    )
    def test_quantized_bits_without_bits_behind_the_point_keeps_its_modes(self, quantizer, kind):
        model = activated(quantizer)
        exact(model)
        assert outcome(model) == kind

    def test_keep_negative_false_is_unsigned(self):
        model = activated(bits(5, 1, keep_negative=False))
        exact(model)
        assert outcome(model) == "ap_ufixed<5,1,AP_RND_CONV,AP_SAT,0>"

    def test_symmetric_is_not_ignored(self):
        model = activated(bits(4, 1, symmetric=1))
        graph = exact(model)
        assert outcome(model) == "ap_fixed<4,2,AP_RND_CONV,AP_SAT_SYM,0>"
        assert evaluate(graph, corner_data((8,), 200), raw=True).min() == -7

    @pytest.mark.parametrize("width", [4, 6, 10])
    def test_377_quantized_relu_is_unsigned(self, width):
        model = activated(qkeras.quantized_relu(width))
        exact(model)
        assert outcome(model) == f"ap_ufixed<{width},0,AP_RND_CONV,AP_SAT,0>"

    def test_quantized_relu_with_integer_bits(self):
        model = activated(qkeras.quantized_relu(6, 2))
        graph = exact(model)
        assert outcome(model) == "ap_ufixed<6,2,AP_RND_CONV,AP_SAT,0>"
        assert evaluate(graph, corner_data((8,), 200)).max() == 4 - 2.0**-4

    def test_961_negative_slope_of_quantized_relu_is_kept(self):
        graph = exact(activated(qkeras.quantized_relu(6, 2, negative_slope=0.25)))
        assert evaluate(graph, corner_data((8,), 200)).min() < 0

    def test_640_nothing_is_left_to_default_types(self):
        """Defaults are fixed<16,6> truncating and wrapping; none is in the project."""
        model = network(dense(), QActivation(bits(6, 2)), dense(3, name="out"), quantizer=bits(12, 2))
        exact(model)
        defines, _ = emitted(model)
        assert "16,6" not in defines
        assert len(re.findall("AP_RND_CONV,AP_SAT", defines)) == 1

    def test_248_563_inline_activation(self):
        graph = exact(network(dense(activation=qkeras.quantized_relu(8, 0))))
        assert str(graph.info("fc").type) == "ufixed<8,0>"

    def test_1297_average_pooling_is_not_truncated(self):
        graph = exact(network(layers.AveragePooling1D(4, name="mean"), inputs=(8, 3)))
        assert str(graph.info("mean").type) == "fixed<10,4>"


class TestWeights:
    def test_874_quantized_bits_without_integer_bits(self):
        settings = {"kernel_quantizer": bits(8, 0), "bias_quantizer": bits(8, 0)}
        model = network(dense(16, **settings), QActivation(qkeras.quantized_relu(10, 2), name="act"))
        exact(model)
        found = types(model)
        assert (found["fc_weight"], found["fc_bias"]) == ("ap_fixed<8,1>", "ap_fixed<8,1>")
        assert found["result"] == "ap_ufixed<10,2,AP_RND_CONV,AP_SAT,0>"

    def test_328_ternary_takes_a_third_as_033(self):
        """QKeras' default threshold is 0.33, not 1/3: a weight between the two is one."""
        model = network(dense(2, kernel_quantizer=qkeras.ternary(alpha=1.0), use_bias=False))
        kernel = np.zeros((8, 2), np.float32)
        kernel[0], kernel[1], kernel[2] = 0.332, 0.329, -0.332
        model.get_layer("fc").kernel.assign(kernel)
        graph = exact(model)
        assert graph.constant("fc.weight")[:3, 0].tolist() == [1, 0, -1]
        assert types(model)["fc_weight"] in ("ap_fixed<2,2>", "ap_int<2>")

    def test_quantized_linear_has_the_type_of_its_codes(self):
        model = network(dense(kernel_quantizer=qkeras.quantized_linear(5, 1, alpha=1.0)))
        exact(model)
        assert types(model)["fc_weight"] == "ap_fixed<5,2>"

    def test_alpha_none_is_auto_po2_per_channel(self):
        model = network(dense(4, kernel_quantizer=qkeras.quantized_bits(4, 0)))
        scales = np.array([4, 1, 0.2, 0.02], np.float32)
        kernel = np.random.default_rng(1).normal(0, 1, (8, 4)).astype(np.float32)
        model.get_layer("fc").kernel.assign(kernel * scales)
        graph = exact(model)
        kind = graph.info("fc.weight").type
        assert len(set(np.ravel(kind.frac).tolist())) == 4
        defines, _ = emitted(model)
        assert "fc_weight_t" in defines

    def test_978_sums_never_overflow_their_accumulator(self):
        layer = qkeras.QConv2DBatchnorm(
            1, 3, name="c", kernel_quantizer=bits(10, 4), bias_quantizer=bits(10, 4)
        )
        model = network(layer, inputs=(3, 3, 1), quantizer=bits(12, 6))
        graph = exact(model)
        info, found = graph.info("c.conv"), types(model)
        width, integer = map(int, re.findall(r"-?\d+", found["c_accum"])[:2])
        assert width - integer >= info.frac
        assert -(2 ** (width - 1)) <= info.lo.min() * 2 ** (width - integer - info.frac)
        assert info.hi.max() * 2 ** (width - integer - info.frac) < 2 ** (width - 1)


class TestSoftmax:
    """hls4ml's own block wraps ("stable") or saturates ("latency"); no project has it."""

    @pytest.mark.parametrize("choice", ["logits", "table"])
    def test_1512_argmax_is_that_of_keras(self, choice):
        model = network(dense(10), layers.Activation("softmax", name="p"))
        x = corner_data((8,), 400)
        ours = evaluate(lower(model, softmax=choice), x)
        assert np.array_equal(np.argmax(ours, 1), np.argmax(np.asarray(model(x)), 1))

    def test_885_logits_of_few_bits(self):
        """Fewer than ten bits gave random results from tables of 1,024 entries."""
        model = network(dense(4), QActivation(bits(5, 2), name="narrow"), layers.Softmax(name="p"))
        x = corner_data((8,), 400)
        graph = lower(model, softmax="table")
        assert np.abs(evaluate(graph, x) - np.asarray(model(x))).max() < 0.005

    def test_115_no_probability_above_one_where_the_spread_wraps(self):
        """Logits 2^(I-1) apart and more: x - max(x) left hls4ml's type."""
        model = network(dense(4, kernel_quantizer=bits(8, 6)), layers.Softmax(name="p"))
        x = corner_data((8,), 400)
        got = evaluate(lower(model, softmax="table"), x)
        assert got.max() == 1.0
        assert got.min() == 0.0
        assert np.abs(got - np.asarray(model(x))).max() < 0.005

    def test_1523_the_project_has_no_softmax_block(self):
        """hls4ml's block fills its tables with exp() and 1/x; ours hold the graph's entries."""
        target = backends.load("hls4ml")
        if target.missing():
            pytest.skip(target.missing())
        graph = lower(network(dense(4), QActivation(bits(5, 2)), layers.Softmax(name="p")), softmax="table")
        code = target.emit(graph, target.options({}))["firmware/myproject.cpp"].decode()
        blocks = set(re.findall(r"nnet::(\w+)<", code))
        assert {"dense", "embedding"} <= blocks
        assert not any("softmax" in block for block in blocks)


class TestReuse:
    def test_1013_more_than_4096_products_are_not_unrolled(self):
        model = network(dense(65), inputs=(128,))
        _, parameters = emitted(model)
        factor = int(re.findall(r"reuse_factor = (\d+)", parameters)[0])
        assert 128 * 65 / factor <= 4096
        assert "strategy = nnet::resource" in parameters

    def test_446_817_an_invalid_reuse_factor_is_refused_with_the_valid_ones(self):
        with pytest.raises(EdgemlError, match="3 is no valid reuse factor .*1 and 2 and 4 and 8"):
            emitted(network(dense(65), inputs=(128,)), reuse_factor=3)


@pytest.mark.slow
@pytest.mark.tool
class TestSimulation:
    """The same, compiled: hls4ml's C simulation gives the graph's integers."""

    def test_activations(self, tmp_path):
        source = keras.Input((8,), name="x")
        x = QActivation(bits(8, 3), name="q")(source)
        quantizers = {
            "plain": bits(6, 2),
            "coarse": bits(4, 5),
            "unsigned": bits(5, 1, keep_negative=False),
            "symmetric": bits(4, 1, symmetric=1),
            "relu": qkeras.quantized_relu(6, 2),
            "sloped": qkeras.quantized_relu(6, 2, negative_slope=0.25),
            "ternary": qkeras.ternary(),
            "binary": qkeras.binary(alpha=1.0),
            "linear": qkeras.quantized_linear(5, 1),
            "tanh": qkeras.quantized_tanh(5, use_real_tanh=True),
        }
        model = keras.Model(source, [QActivation(q, name=name)(x) for name, q in quantizers.items()])
        simulated(model, tmp_path)

    def test_weights(self, tmp_path):
        source = keras.Input((8,), name="x")
        x = QActivation(bits(8, 3), name="q")(source)
        quantizers = {
            "plain": bits(8, 0),
            "scaled": qkeras.quantized_bits(4, 0),
            "ternary": qkeras.ternary(),
            "binary": qkeras.binary(alpha=1.0),
            "linear": qkeras.quantized_linear(5, 1),
            "power": qkeras.quantized_po2(4, 2),
        }
        model = keras.Model(
            source, [dense(4, name=name, kernel_quantizer=q)(x) for name, q in quantizers.items()]
        )
        randomize(model)
        scales = np.array([4, 1, 0.2, 0.02], np.float32)
        kernel = np.random.default_rng(1).normal(0, 1, (8, 4)).astype(np.float32)
        model.get_layer("scaled").kernel.assign(kernel * scales)
        simulated(model, tmp_path)
