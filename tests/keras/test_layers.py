"""Layers in many settings: Keras float32 equals the graph on random inputs, corner values, large weights.

Every file of the folder is tried by test_contract.py; here are variants, approximations and refusals.
"""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.errors import EdgemlError
from edgeml.ir import evaluate, evaluate_codes, input_codes
from edgeml.ir.ops.softmax import Softmax
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.lower import lower, lower_model
from tests.keras.exactness import assert_same, corner_data, randomize

keras, qkeras = import_keras(), import_qkeras()
layers = keras.layers
QActivation = qkeras.QActivation
quantized_bits = qkeras.quantized_bits


def bits(width=6, integer=0, **settings):
    return quantized_bits(width, integer, alpha=settings.pop("alpha", 1.0), **settings)


def weighted(kernel="kernel_quantizer", **settings):
    return {kernel: bits(5), "bias_quantizer": bits(8, 2), **settings}


def wrap(shape, *stack, spread=0.7):
    """Input, its quantizer, the layers, and random weights."""
    model = keras.Sequential([keras.Input(shape, name="x"), QActivation(bits(6, 2), name="q"), *stack])
    randomize(model, spread=spread)
    return model


def act(width=6, integer=3):
    return QActivation(bits(width, integer), name="act")


separable = {"depthwise_quantizer": bits(5), "pointwise_quantizer": bits(5), "bias_quantizer": bits(8, 2)}
folding = {"bias_quantizer": bits(14, 5)}

# (name, input shape, layers): every output must be equal, integer for integer.
EXACT = {
    "q_conv1d": ((9, 3), [qkeras.QConv1D(4, 3, **weighted())]),
    "q_conv1d_strided": ((9, 3), [qkeras.QConv1D(4, 4, strides=2, padding="same", **weighted())]),
    "q_conv1d_causal_by_padding": (
        (9, 3),
        [layers.ZeroPadding1D((4, 0)), qkeras.QConv1D(4, 3, dilation_rate=2, **weighted())],
    ),
    "q_conv1d_causal": ((9, 3), [qkeras.QConv1D(4, 3, dilation_rate=2, padding="causal", **weighted())]),
    "q_conv1d_causal_strided": ((9, 3), [qkeras.QConv1D(4, 3, strides=2, padding="causal", **weighted())]),
    "q_conv2d": ((7, 6, 2), [qkeras.QConv2D(3, (2, 3), **weighted())]),
    "q_conv2d_same": ((7, 6, 2), [qkeras.QConv2D(3, 4, padding="same", **weighted())]),
    "q_conv2d_strided": ((7, 6, 2), [qkeras.QConv2D(3, 3, strides=(2, 3), padding="same", **weighted())]),
    "q_conv2d_dilated": (
        (9, 8, 2),
        [qkeras.QConv2D(3, 3, dilation_rate=(2, 3), padding="same", **weighted())],
    ),
    "q_conv2d_auto_po2": ((7, 6, 2), [qkeras.QConv2D(3, 3, **weighted(kernel_quantizer=quantized_bits(4)))]),
    "q_conv2d_masked": (
        (7, 6, 2),
        [qkeras.QConv2D(3, 3, mask=np.eye(3, dtype=np.float32), **weighted())],
    ),
    "q_conv2d_binary": (
        (6, 6, 2),
        [qkeras.QConv2D(3, 3, **weighted(kernel_quantizer=qkeras.binary(alpha=1.0)))],
    ),
    "q_dense_ternary": ((6,), [qkeras.QDense(3, **weighted(kernel_quantizer=qkeras.ternary()))]),
    "q_dense_po2": ((6,), [qkeras.QDense(3, **weighted(kernel_quantizer=qkeras.quantized_po2(4, 2)))]),
    "q_dense_linear": ((6,), [qkeras.QDense(3, **weighted(kernel_quantizer=qkeras.quantized_linear(5, 1)))]),
    "q_dense_scaled": ((6,), [qkeras.QDense(3, **weighted(kernel_quantizer=bits(5, alpha=0.75)))]),
    "q_dense_rows": ((4, 6), [qkeras.QDense(3, **weighted())]),
    "q_depthwise_conv2d": ((7, 6, 3), [qkeras.QDepthwiseConv2D(3, **weighted("depthwise_quantizer"))]),
    "q_depthwise_conv2d_auto_po2": (
        (7, 6, 3),
        [
            qkeras.QDepthwiseConv2D(
                3, depth_multiplier=2, depthwise_quantizer=quantized_bits(4, 0), bias_quantizer=bits(8, 2)
            )
        ],
    ),
    "q_separable_conv2d": ((7, 6, 3), [qkeras.QSeparableConv2D(4, 3, **separable)]),
    "q_separable_conv1d_same": ((9, 3), [qkeras.QSeparableConv1D(4, 4, padding="same", **separable)]),
    "q_conv2d_transpose": ((4, 5, 2), [qkeras.QConv2DTranspose(3, 3, **weighted())]),
    "q_conv2d_transpose_strided": ((4, 5, 2), [qkeras.QConv2DTranspose(3, 3, strides=2, **weighted())]),
    "q_conv2d_transpose_gaps": ((4, 5, 2), [qkeras.QConv2DTranspose(3, 2, strides=3, **weighted())]),
    "q_conv2d_transpose_auto_po2": (
        (4, 5, 2),
        [qkeras.QConv2DTranspose(3, 2, strides=(1, 2), **weighted(kernel_quantizer=quantized_bits(4)))],
    ),
    "q_conv2d_batchnorm": (
        (7, 6, 2),
        [qkeras.QConv2DBatchnorm(3, 3, padding="same", kernel_quantizer=bits(6, 2), **folding)],
    ),
    "average_pooling1d_same": ((9, 3), [layers.AveragePooling1D(2, padding="same")]),
    "average_pooling1d_same_of_three": ((9, 3), [layers.AveragePooling1D(3, 1, padding="same"), act(5, 1)]),
    "average_pooling2d_same_of_nine": ((7, 8, 3), [layers.AveragePooling2D(3, 2, padding="same"), act(7, 3)]),
    "average_pooling2d_same_inside": ((6, 4, 3), [layers.AveragePooling2D(2, padding="same")]),
    "q_average_pooling2d_same": (
        (7, 6, 3),
        [
            qkeras.QAveragePooling2D(
                3, strides=2, padding="same", average_quantizer=bits(8), activation=bits(6, 1)
            )
        ],
    ),
    "average_pooling2d_of_nine": ((7, 6, 3), [layers.AveragePooling2D(3), act()]),
    "re_lu_sloped": ((6,), [layers.ReLU(negative_slope=0.25, max_value=2)]),
    "leaky_re_lu_steep": ((6,), [layers.LeakyReLU(negative_slope=2.0)]),
    "activation_sigmoid": ((6,), [layers.Activation("sigmoid"), act(6, 0)]),
    "activation_hard_sigmoid": ((6,), [layers.Activation("hard_sigmoid"), act(6, 0)]),
    "activation_swish": ((6,), [layers.Activation("swish"), act()]),
    "activation_chain": ((6,), [layers.Activation("tanh"), layers.ReLU(), layers.Dropout(0.5), act(6, 0)]),
    "activation_moved": ((2, 3), [layers.Activation("tanh"), layers.Flatten(), act(6, 0)]),
    "dropout": ((6,), [layers.Dropout(0.5), layers.Identity(), layers.GaussianNoise(1.0), layers.ReLU()]),
    "spatial_dropout1d": ((4, 2), [layers.SpatialDropout1D(0.5), layers.GaussianDropout(0.3), layers.ReLU()]),
    "alpha_dropout": ((4,), [layers.AlphaDropout(0.5), layers.ActivityRegularization(0.1), layers.ReLU()]),
}


@pytest.mark.parametrize("case", EXACT)
def test_exact(case):
    shape, stack = EXACT[case]
    lowered = assert_same(wrap(shape, *stack), corner_data(shape))
    assert all(note.exact for note in lowered.notes)


def test_mean_of_three_is_exact_with_its_quantizer():
    sources = [keras.Input((5,), name=f"x{i}") for i in range(3)]
    values = [QActivation(bits(6, 2), name=f"q{i}")(source) for i, source in enumerate(sources)]
    model = keras.Model(sources, QActivation(bits(5, 2), name="out")(layers.Average(name="mean")(values)))
    lowered = assert_same(model, [corner_data((5,), seed=i) for i in range(3)], missing=("mean",))
    assert lowered.notes == ()


def test_concatenate_along_an_inner_axis():
    source = keras.Input((4, 3), name="x")
    x = QActivation(bits(6, 2), name="q")(source)
    model = keras.Model(source, layers.Concatenate(axis=1)([x, layers.Cropping1D(1)(x)]))
    assert_same(model, corner_data((4, 3)))


def test_residual_and_maxout():
    source = keras.Input((6,), name="x")
    x = QActivation(bits(6, 2), name="q")(source)
    pieces = [qkeras.QDense(6, name=f"piece{i}", **weighted())(x) for i in range(3)]
    model = keras.Model(source, layers.Add(name="residual")([x, layers.Maximum(name="maxout")(pieces)]))
    randomize(model)
    assert_same(model, corner_data((6,)))


def inexact(model, x, most_lsb=1, most_share=0.02):
    """Differences after the last quantizer, as a share of all elements; noted, and refused when strict."""
    lowered = lower_model(model)
    name = lowered.graph.outputs[0]
    ours = evaluate_codes(lowered.graph, input_codes(lowered.graph, x))[name]
    floats = np.asarray(model(x, training=False), np.float64)
    theirs = np.ldexp(floats, np.asarray(lowered.graph.info(name).type.frac, np.int32))
    assert np.array_equal(theirs, np.rint(theirs))
    assert np.ptp(theirs) > 0
    assert np.abs(ours - theirs).max() <= most_lsb
    assert np.mean(ours != theirs) <= most_share
    assert any(not note.exact for note in lowered.notes)
    with pytest.raises(EdgemlError, match="cannot be exact"):
        lower(model, strict=True)
    return lowered


class TestNotedApproximations:
    def test_batch_normalization(self):
        head = [qkeras.QDense(5, name="fc", **weighted()), layers.BatchNormalization(name="bn"), act(7, 3)]
        lowered = inexact(wrap((8,), *head), corner_data((8,), 400))
        assert {note.layer for note in lowered.notes} == {"bn"}

    def test_batch_normalization_of_images(self):
        head = [qkeras.QConv2D(4, 3, name="c", **weighted()), layers.BatchNormalization(name="bn"), act(7, 3)]
        inexact(wrap((6, 6, 2), *head), corner_data((6, 6, 2), 100))

    def test_q_batch_normalization(self):
        head = [qkeras.QDense(5, name="fc", **weighted()), qkeras.QBatchNormalization(name="bn"), act(7, 3)]
        inexact(wrap((8,), *head), corner_data((8,), 400))

    def test_prelu(self):
        inexact(wrap((8,), layers.PReLU(name="p"), act(7, 3)), corner_data((8,), 400))

    def test_real_scale_per_channel(self):
        kernel = quantized_bits(4, 0, alpha="auto")
        head = [qkeras.QDense(5, name="fc", **weighted(kernel_quantizer=kernel)), act(7, 3)]
        model = wrap((8,), *head)
        model.get_layer("fc").kernel.assign(np.random.default_rng(1).normal(0, 1, (8, 5)))
        inexact(model, corner_data((8,), 400))

    def test_wide_leaky_relu(self):
        head = [
            qkeras.QDense(5, name="fc", **weighted()),
            layers.LeakyReLU(negative_slope=0.3, name="leaky"),
            act(7, 3),
        ]
        lowered = inexact(wrap((40,), *head), corner_data((40,), 400))
        assert {note.layer for note in lowered.notes} == {"leaky"}

    def test_wide_mean(self):
        head = [
            qkeras.QConv2D(3, 3, name="c", **weighted()),
            layers.AveragePooling2D(3, name="mean"),
            act(7, 3),
        ]
        inexact(wrap((8, 8, 3), *head), corner_data((8, 8, 3), 100))

    def test_mean_at_the_border(self):
        head = [
            qkeras.QConv2D(3, 2, name="c", **weighted()),
            layers.AveragePooling2D(3, 1, padding="same", name="mean"),
            act(7, 3),
        ]
        lowered = inexact(wrap((7, 8, 3), *head), corner_data((7, 8, 3), 100))
        assert {note.layer for note in lowered.notes} == {"mean"}


class TestSoftmax:
    """An inner softmax, and an output one where it is asked for, is a table; see tests/ir for its bound."""

    def model(self, *tail):
        return wrap((8,), qkeras.QDense(5, name="fc", **weighted()), *tail)

    @pytest.mark.parametrize(
        "tail", [[layers.Softmax(name="p")], [layers.Activation("softmax", name="p")]], ids=["layer", "name"]
    )
    def test_output(self, tail):
        model, x = self.model(*tail), corner_data((8,), 300)
        lowered = lower_model(model, softmax="table")
        graph = lowered.graph
        assert graph.outputs == ("p",)
        ours, theirs = evaluate(graph, x), np.asarray(model(x, training=False))
        op = graph.node("p").op
        assert isinstance(op, Softmax)
        bound = op.error_bound(graph.info("fc"))
        assert np.abs(ours - theirs).max() <= bound < 0.005
        assert np.array_equal(np.argmax(ours, 1), np.argmax(theirs, 1))
        assert f"{bound:.1e}" in lowered.notes[0].text
        with pytest.raises(EdgemlError, match="p: the model's output cannot be exact: softmax"):
            lower(model, strict=True, softmax="table")
        assert lower(model, strict=True).outputs == ("fc",)

    def test_inline(self):
        model = wrap((8,), qkeras.QDense(5, name="fc", activation="softmax", **weighted()))
        x = corner_data((8,), 300)
        assert lower(model, softmax="table").outputs == ("fc",)
        ours = evaluate(lower(model, softmax="table"), x)
        assert np.abs(ours - np.asarray(model(x))).max() < 0.005

    def test_inner_of_rows_and_moved(self):
        """Softmax runs along the axis it was called on, whatever moves its result."""
        tail = [layers.Reshape((2, 3)), layers.Softmax(name="p"), layers.Flatten(), act(8, 1)]
        model = wrap((8,), qkeras.QDense(6, name="fc", **weighted()), *tail)
        inexact(model, corner_data((8,), 300), most_share=0.1)
        ours = evaluate(lower(model), corner_data((8,), 300))
        assert np.abs(ours.reshape(-1, 2, 3).sum(axis=2) - 1).max() < 0.05

    def test_relu_of_it(self):
        model = self.model(layers.Softmax(name="p"), layers.ReLU(), act(8, 1))
        inexact(model, corner_data((8,), 300), most_share=0.1)

    def test_wide_logits_may_tie_and_the_note_says_so(self):
        model = self.model(QActivation(bits(20, 1), name="fine"), layers.Softmax(name="p"))
        (note,) = lower_model(model, softmax="table").notes
        assert "may get the same probability" in note.text

    def test_many_classes(self):
        model = wrap((3,), qkeras.QDense(300, **weighted()), layers.Softmax(name="p"))
        x = corner_data((3,), 50)
        graph = lower(model, softmax="table")
        assert np.abs(evaluate(graph, x) - np.asarray(model(x))).max() < 0.02
        too_many = wrap((1,), qkeras.QDense(70_000, **weighted()), layers.Softmax(name="p"))
        with pytest.raises(EdgemlError, match="p: the model's output softmax over 70000 classes"):
            lower(too_many, softmax="table")

    def test_masked(self):
        source, mask = keras.Input((4,), name="x"), keras.Input((4,), name="m", dtype="bool")
        q = QActivation(bits(6, 2), name="q")(source)
        with pytest.raises(EdgemlError, match="p: this Softmax is called on 2 tensors"):
            lower(keras.Model([source, mask], layers.Softmax(name="p")(q, mask)))

    def test_unknown_choice(self):
        with pytest.raises(EdgemlError, match="one of logits, table"):
            lower(self.model(), softmax="probabilities")  # pyright: ignore[reportArgumentType]


class TestRefusals:
    @pytest.mark.parametrize(
        ("layer", "shape", "says"),
        [
            (layers.Conv2D(2, 3), (5, 5, 2), "the kernel of this Conv2D is not quantized (use QConv2D"),
            (layers.Conv1D(2, 3), (5, 2), "use QConv1D"),
            (layers.DepthwiseConv2D(3), (5, 5, 2), "use QDepthwiseConv2D"),
            (
                layers.DepthwiseConv1D(3),
                (5, 2),
                "is not quantized (use QDepthwiseConv2D((1, ...), ... behind a Reshape to (1, steps,",
            ),
            (layers.SeparableConv2D(2, 3), (5, 5, 2), "the depthwise kernel of this SeparableConv2D"),
            (layers.SeparableConv1D(2, 3), (5, 2), "the depthwise kernel of this SeparableConv1D"),
            (layers.Conv2DTranspose(2, 3), (5, 5, 2), "use QConv2DTranspose"),
            (
                layers.Conv1DTranspose(2, 3),
                (5, 2),
                "is not quantized (use QConv2DTranspose((1, ...), ... behind",
            ),
            (layers.UpSampling2D(2, interpolation="bilinear"), (5, 5, 2), "interpolation 'bilinear'"),
            (layers.BatchNormalization(axis=1), (5, 2), "normalizes axis 1"),
            (layers.Softmax(axis=1), (5, 2), "softmax along axis 1"),
            (layers.LayerNormalization(), (5,), "LayerNormalization is not covered (use BatchNormalization"),
            (
                qkeras.QAdaptiveActivation("quantized_relu", 6, quantization_delay=1),
                (5,),
                "use a QActivation",
            ),
            (QActivation(qkeras.quantized_ulaw(4)), (5,), "the quantizer quantized_ulaw is not covered"),
            (QActivation(qkeras.bernoulli()), (5,), "the quantizer bernoulli is not covered"),
        ],
        ids=lambda value: type(value).__name__ if isinstance(value, layers.Layer) else "",
    )
    def test_refused(self, layer, shape, says):
        with pytest.raises(EdgemlError) as caught:
            lower(wrap(shape, layer))
        assert says in str(caught.value)
        assert str(caught.value).startswith(layer.name)

    def test_folded_bias_without_quantizer(self):
        with pytest.raises(EdgemlError, match="the folded bias is not quantized"):
            lower(wrap((5,), qkeras.QDenseBatchnorm(3, kernel_quantizer=bits(6, 2))))
