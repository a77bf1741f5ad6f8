"""Every quantizer against QKeras itself: on every code of random input types, and on random weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, to_float
from edgeml.ir import evaluate_codes, input_codes
from edgeml.ir.ops.lookup import Lookup
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.float32 import not_proven
from edgeml.keras.quantizers import lower_activation, quantize_weights
from edgeml.keras.quantizers._common import call, read_codes

keras, qkeras = import_keras(), import_qkeras()

MANY = settings(max_examples=60)
FEW = settings(max_examples=25)

widths = st.integers(1, 10)
integers = st.integers(-5, 12)
flags = st.booleans()
powers = st.integers(-3, 3).map(lambda n: 2.0**n)
types = st.builds(FixedType, st.booleans(), st.integers(2, 11), st.integers(-3, 9))

bits_quantizers = st.builds(
    lambda bits, integer, symmetric, keep, alpha: qkeras.quantized_bits(
        bits, integer, int(symmetric), keep_negative=keep, alpha=alpha
    ),
    *(widths, integers, flags, flags, powers | st.just(None) | st.sampled_from([0.75, 1.25, 3.0])),
)
linear_quantizers = st.builds(
    lambda bits, integer, symmetric, keep, alpha: qkeras.quantized_linear(
        bits, integer, int(symmetric), keep_negative=keep, alpha=alpha
    ),
    *(widths, integers, flags, flags, powers | st.just(None)),
)
relu_quantizers = st.builds(
    lambda bits, integer, slope: qkeras.quantized_relu(bits, integer, negative_slope=slope),
    *(st.integers(2, 10), st.integers(0, 12), st.just(0.0) | st.integers(-6, 1).map(lambda n: 2.0**n)),
)
bounded_quantizers = st.builds(
    lambda bits, integer, bound: qkeras.quantized_relu(
        bits, integer, is_quantized_clip=False, relu_upper_bound=bound
    ),
    *(st.integers(2, 8), st.integers(0, 5), st.none() | st.sampled_from([6.0, 1.5, 0.3, 100.0])),
)


def lowered(quantizer, kind: FixedType):
    """A graph of one input of `kind` and the quantizer."""
    builder = LayerBuilder("one")
    builder.layer = "input_layer"
    source = builder.cast(builder.raw_input("x", (1,)), kind)
    builder.layer = "quantizer"
    result = lower_activation(quantizer, builder, source, "q")
    return builder.graph.graph(result), builder


def assert_same_on_all_codes(quantizer, kind: FixedType):
    graph, builder = lowered(quantizer, kind)
    if not_proven(graph):  # x + (q(x) - x) rounds where x is huge beside the quantizer's LSB
        return builder
    codes = np.arange(kind.lo, kind.hi + 1)[:, None]
    name = graph.outputs[0]
    ours = to_float(evaluate_codes(graph, {"x": codes})[name], graph.info(name).type.frac)
    theirs = call(quantizer, to_float(codes, kind.frac)).astype(np.float64)
    differ = np.flatnonzero(ours != theirs)
    assert differ.size == 0, (
        f"{quantizer}: code {codes[differ[0], 0]}: {ours[differ[0]]} is not {theirs[differ[0]]}"
    )
    return builder


CORNERS = [
    (qkeras.quantized_relu(4, 1, negative_slope=0.5), FixedType(True, 9, 3)),
    (qkeras.quantized_relu(4, 1, negative_slope=2.0), FixedType(True, 9, 3)),
    (qkeras.quantized_relu(3, 1, negative_slope=0.0625), FixedType(True, 11, 3)),  # ends below one LSB
    (qkeras.quantized_relu(4, 1), FixedType(True, 9, 3)),
    (qkeras.quantized_relu(4, 1), FixedType(False, 9, 5)),
    (qkeras.quantized_bits(4, 1, 0, alpha=1.0), FixedType(True, 9, 4)),
    (qkeras.quantized_bits(4, 1, 1, alpha=1.0), FixedType(True, 9, 4)),
    (qkeras.quantized_bits(4, 1, keep_negative=False, alpha=1.0), FixedType(True, 9, 4)),
    (qkeras.quantized_bits(4, 6, alpha=1.0), FixedType(True, 10, 1)),
    (qkeras.quantized_bits(4, -2, alpha=1.0), FixedType(True, 9, 8)),
    (qkeras.quantized_bits(1, 3, alpha=2.0), FixedType(True, 5, 2)),
    (qkeras.quantized_linear(1, 0), FixedType(True, 5, 2)),
    (qkeras.quantized_linear(4, 1, symmetric=False, alpha=0.5), FixedType(True, 9, 4)),
    (qkeras.quantized_tanh(4), FixedType(True, 9, 5)),
    (qkeras.quantized_tanh(4, symmetric=True), FixedType(True, 9, 5)),
    (qkeras.quantized_sigmoid(4, symmetric=True), FixedType(True, 9, 5)),
]


class TestActivations:
    @pytest.mark.parametrize(("quantizer", "kind"), CORNERS, ids=[f"{i}" for i in range(len(CORNERS))])
    def test_saturates_rounds_ties_and_clips_on_both_sides(self, quantizer, kind):
        assert not_proven(lowered(quantizer, kind)[0]) == ()
        assert_same_on_all_codes(quantizer, kind)

    @MANY
    @given(bits_quantizers, types)
    def test_quantized_bits(self, quantizer, kind):
        assert_same_on_all_codes(quantizer, kind)

    @MANY
    @given(linear_quantizers, types)
    def test_quantized_linear(self, quantizer, kind):
        assert_same_on_all_codes(quantizer, kind)

    @MANY
    @given(relu_quantizers, types)
    def test_quantized_relu(self, quantizer, kind):
        assert_same_on_all_codes(quantizer, kind)

    @FEW
    @given(bounded_quantizers, types)
    def test_quantized_relu_with_an_upper_bound(self, quantizer, kind):
        assert_same_on_all_codes(quantizer, kind)

    @FEW
    @given(st.integers(1, 8), st.integers(0, 4), st.sampled_from([0.0, 0.25, 2.0]), types)
    def test_quantized_relu_with_sigmoid(self, bits, integer, slope, kind):
        assume(bits > 1 or slope == 0)
        assert_same_on_all_codes(
            qkeras.quantized_relu(bits, integer, use_sigmoid=1, negative_slope=slope), kind
        )

    @MANY
    @given(st.integers(1, 9), flags, flags, types)
    def test_quantized_tanh(self, bits, symmetric, real, kind):
        assert_same_on_all_codes(qkeras.quantized_tanh(bits, symmetric=symmetric, use_real_tanh=real), kind)

    @MANY
    @given(st.integers(1, 9), flags, flags, types)
    def test_quantized_sigmoid(self, bits, symmetric, real, kind):
        assert_same_on_all_codes(
            qkeras.quantized_sigmoid(bits, symmetric=symmetric, use_real_sigmoid=real), kind
        )

    @FEW
    @given(st.integers(2, 9), st.integers(-1, 3), st.sampled_from([2, 3]), st.sampled_from([4, 6]), types)
    def test_quantized_hswish(self, bits, integer, shift, bound, kind):
        assert_same_on_all_codes(
            qkeras.quantized_hswish(bits, integer, relu_shift=shift, relu_upper_bound=bound), kind
        )

    @FEW
    @given(flags, st.none() | powers | st.just(0.75), types)
    def test_binary(self, use_01, alpha, kind):
        assert_same_on_all_codes(qkeras.binary(use_01=use_01, alpha=alpha), kind)

    @FEW
    @given(st.none() | powers, st.none() | st.sampled_from([0.1, 0.5, 1.0, 2.7]), types)
    def test_ternary(self, alpha, threshold, kind):
        assert_same_on_all_codes(qkeras.ternary(alpha=alpha, threshold=threshold), kind)

    def test_stochastic_forms_at_inference(self):
        assert_same_on_all_codes(qkeras.stochastic_binary(), FixedType(True, 8, 3))
        assert_same_on_all_codes(qkeras.stochastic_ternary(), FixedType(True, 8, 3))
        assert_same_on_all_codes(
            qkeras.quantized_bits(4, 1, use_stochastic_rounding=True), FixedType(True, 8, 3)
        )
        assert_same_on_all_codes(
            qkeras.quantized_relu(4, 1, use_stochastic_rounding=True), FixedType(True, 8, 3)
        )

    @FEW
    @given(
        st.integers(2, 5),
        st.none() | st.sampled_from([0.5, 1.0, 4.0]),
        flags,
        st.sampled_from(["rnd", "floor"]),
        types,
    )
    def test_quantized_po2(self, bits, most, quadratic, rounding, kind):
        assert_same_on_all_codes(
            qkeras.quantized_po2(bits, most, quadratic_approximation=quadratic, log2_rounding=rounding), kind
        )

    @FEW
    @given(st.integers(2, 5), st.none() | st.sampled_from([0.5, 1.0, 4.0]), st.sampled_from([0, 0.25]), types)
    def test_quantized_relu_po2(self, bits, most, slope, kind):
        assert_same_on_all_codes(qkeras.quantized_relu_po2(bits, most, negative_slope=slope), kind)

    def test_wide_values_of_saturating_functions_need_no_wide_table(self):
        # 20 bits with the binary point far left: beyond a few units tanh is constant.
        graph, _ = lowered(qkeras.quantized_tanh(6, use_real_tanh=True), FixedType(True, 20, 10))
        tables = [node.inputs[0] for node in graph.nodes if isinstance(node.op, Lookup)]
        assert [graph.info(index).scalar.width for index in tables] == [8, 8]
        x = np.random.default_rng(5).normal(0, 3, (4000, 1)).astype(np.float32)
        codes = input_codes(graph, x)
        name = graph.outputs[0]
        ours = to_float(evaluate_codes(graph, codes)[name], graph.info(name).type.frac)
        assert np.array_equal(
            ours, call(qkeras.quantized_tanh(6, use_real_tanh=True), to_float(codes["x"], 10))
        )

    def test_too_wide_for_a_table_is_refused(self):
        with pytest.raises(EdgemlError, match="does not fit a table of 16 index bits"):
            lowered(qkeras.quantized_hswish(8, 3), FixedType(True, 25, 10))

    def test_a_staircase_that_float32_wavers_on(self):
        # 2^-19 is finer than float32's tanh near one, which goes up, down and up again at some levels.
        quantizer, kind = qkeras.quantized_tanh(8, use_real_tanh=True), FixedType(False, 21, 19)
        graph, _ = lowered(quantizer, kind)
        assert any(node.name.endswith("pattern") for node in graph.nodes)
        (output,) = graph.outputs
        theirs = call(quantizer, to_float(np.arange(1 << 21), kind.frac))
        steps = np.flatnonzero(np.diff(theirs))
        assert np.any(np.diff(theirs) < 0)
        near = np.unique(np.clip(np.concatenate([steps + offset for offset in range(-3, 5)]), 0, kind.hi))
        ours = evaluate_codes(graph, {"x": near[:, np.newaxis]})[output]
        assert np.array_equal(to_float(ours[:, 0], graph.info(output).type.frac), theirs[near])

    @pytest.mark.parametrize("name", ["quantized_bits", "quantized_linear", "binary", "ternary"])
    def test_scales_from_each_batch_are_refused(self, name):
        with pytest.raises(EdgemlError, match="from each batch"):
            lowered(getattr(qkeras, name)(alpha="auto_po2"), FixedType(True, 6, 2))

    @pytest.mark.parametrize("integer", [-1, 31])
    def test_quantized_relu_beyond_int32(self, integer):
        with pytest.raises(EdgemlError, match="QKeras computes 2\\^integer in int32"):
            lowered(qkeras.quantized_relu(4, integer), FixedType(True, 6, 2))

    def test_random_ones_are_refused(self):
        with pytest.raises(EdgemlError, match="bernoulli is not covered"):
            lowered(qkeras.bernoulli(), FixedType(True, 6, 2))
        with pytest.raises(EdgemlError, match="random at inference"):
            lowered(qkeras.binary(training=True, use_stochastic_rounding=True), FixedType(True, 6, 2))

    def test_other_sigmoids(self):
        from qkeras import quantizers

        try:
            for kind in ("smooth", "real"):
                quantizers.set_internal_sigmoid(kind)
                assert_same_on_all_codes(qkeras.quantized_tanh(6), FixedType(True, 8, 4))
                assert_same_on_all_codes(qkeras.quantized_sigmoid(6), FixedType(True, 8, 4))
                assert_same_on_all_codes(qkeras.quantized_relu(6, 1, use_sigmoid=1), FixedType(True, 8, 4))
        finally:
            quantizers.set_internal_sigmoid("hard")

    def test_a_factor_of_many_bits_is_noted_and_strictly_refused(self):
        builder = assert_close(qkeras.quantized_bits(6, 1, alpha=0.1), FixedType(True, 8, 4))
        assert [note.exact for note in builder.notes] == [False]
        strict = LayerBuilder("one", strict=True)
        value = strict.cast(strict.raw_input("x", (1,)), FixedType(True, 8, 4))
        with pytest.raises(EdgemlError, match="cannot be exact"):
            lower_activation(qkeras.quantized_bits(6, 1, alpha=0.1), strict, value, "q")


def assert_close(quantizer, kind):
    graph, builder = lowered(quantizer, kind)
    if not_proven(graph):  # x + (q(x) - x) rounds where x is huge beside the quantizer's LSB
        return builder
    codes = np.arange(kind.lo, kind.hi + 1)[:, None]
    name = graph.outputs[0]
    ours = to_float(evaluate_codes(graph, {"x": codes})[name], graph.info(name).type.frac)
    theirs = call(quantizer, to_float(codes, kind.frac))
    assert np.allclose(ours, theirs, rtol=2.0**-17)
    return builder


weights = st.tuples(
    st.integers(1, 6), st.integers(1, 5), st.integers(0, 2**32 - 1), st.sampled_from([0.05, 0.6, 4.0])
)


def random_weights(rows, columns, seed, spread):
    rng = np.random.default_rng(seed)
    values = rng.normal(0, spread, (rows, columns)) * rng.choice([1, 1, 5, 0], (rows, columns))
    return values.astype(np.float32)


def assert_weights(quantizer, values):
    got = quantize_weights(quantizer, values, "fc.kernel")
    value = to_float(got.codes, got.type.frac)
    scale = 1.0 if got.scale is None else got.scale
    out = call(quantizer, values)
    assert np.array_equal((value * scale).astype(np.float32), out)
    assert np.all(got.codes >= got.type.lo)
    assert np.all(got.codes <= got.type.hi)
    return got


class TestWeights:
    @MANY
    @given(bits_quantizers, weights)
    def test_quantized_bits(self, quantizer, drawn):
        assert_weights(quantizer, random_weights(*drawn))

    @FEW
    @given(st.integers(2, 8), st.integers(-2, 3), flags, weights)
    def test_quantized_bits_with_a_power_of_two_per_channel(self, bits, integer, keep, drawn):
        assume(bits > 2 or keep)
        quantizer = qkeras.quantized_bits(bits, integer, keep_negative=keep, alpha="auto_po2")
        assert assert_weights(quantizer, random_weights(*drawn)).scale is None

    @FEW
    @given(st.integers(2, 8), weights)
    def test_quantized_bits_with_a_real_scale_per_channel(self, bits, drawn):
        values = random_weights(*drawn)
        assume(np.all(np.any(values != 0, axis=0)))
        quantizer = qkeras.quantized_bits(bits, 0, alpha="auto")
        got = quantize_weights(quantizer, values, "fc.kernel")
        assert got.scale is not None
        back = to_float(got.codes, got.type.frac) * got.scale
        assert np.allclose(back, call(quantizer, values), rtol=2.0**-20)

    @MANY
    @given(linear_quantizers, weights)
    def test_quantized_linear(self, quantizer, drawn):
        assert_weights(quantizer, random_weights(*drawn))

    @FEW
    @given(flags, st.none() | powers | st.just("auto_po2"), weights)
    def test_binary(self, use_01, alpha, drawn):
        values = random_weights(*drawn)
        assert_weights(qkeras.binary(use_01=use_01, alpha=alpha), values)

    @FEW
    @given(st.none() | powers | st.just("auto_po2"), weights)
    def test_ternary(self, alpha, drawn):
        values = random_weights(*drawn)
        assume(alpha != "auto_po2" or np.all(np.any(values != 0, axis=0)))
        assert_weights(qkeras.ternary(alpha=alpha), values)

    @FEW
    @given(st.integers(3, 6), st.none() | st.sampled_from([0.5, 2.0]), weights)
    def test_quantized_po2(self, bits, most, drawn):
        got = assert_weights(qkeras.quantized_po2(bits, most), random_weights(*drawn))
        codes = np.abs(got.codes)
        assert np.all(codes & (codes - 1) == 0)

    def test_activation_quantizers_are_refused(self):
        with pytest.raises(EdgemlError, match="quantized_relu is not for weights"):
            quantize_weights(qkeras.quantized_relu(4), np.ones((2, 2)), "fc.kernel")

    def test_widths_that_float32_cannot_clip(self):
        with pytest.raises(EdgemlError, match="1 to 25 bits"):
            quantize_weights(qkeras.quantized_bits(26, 0, alpha=1.0), np.ones((2, 2)), "fc.kernel")
        assert_weights(qkeras.quantized_bits(25, 0, alpha=1.0), random_weights(4, 4, 1, 0.5))

    def test_weights_that_are_not_finite(self):
        with pytest.raises(EdgemlError, match="not finite"):
            quantize_weights(qkeras.quantized_bits(4, 0, alpha=1.0), np.array([[np.nan]]), "fc.kernel")
        with pytest.raises(EdgemlError, match="divides by zero"):
            quantize_weights(qkeras.quantized_bits(1, 0, alpha="auto"), np.ones((2, 2)), "fc.kernel")

    def test_random_weights_are_refused(self):
        rng = np.random.default_rng(0)
        with pytest.raises(EdgemlError, match="other values at every call"):
            read_codes(lambda x: x + rng.normal(), np.ones((2, 2)), "fc.kernel")
