"""Whole models: Keras float32 equals the graph, layer by layer; refusals name layer and remedy."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType
from edgeml.ir import evaluate
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.lower import lower, lower_model
from edgeml.keras.runner import keras_codes
from tests.keras.exactness import assert_same, corner_data, randomize

keras, qkeras = import_keras(), import_qkeras()
layers = keras.layers
QActivation = qkeras.QActivation
QConv2D = qkeras.QConv2D
QDense = qkeras.QDense
quantized_bits = qkeras.quantized_bits
quantized_relu = qkeras.quantized_relu


def bits(width=6, integer=0, **settings):
    return quantized_bits(width, integer, alpha=1.0, **settings)


def dense(units, name=None, **settings):
    settings = {"kernel_quantizer": bits(), "bias_quantizer": bits(8, 1), **settings}
    return QDense(units, name=name, **settings)


def conv(filters, size: int | tuple[int, int] = 3, name=None, **settings):
    settings = {"kernel_quantizer": bits(), "bias_quantizer": bits(8, 1), **settings}
    return QConv2D(filters, size, name=name, **settings)


def mlp():
    model = keras.Sequential(
        [
            keras.Input((10,), name="features"),
            QActivation(bits(8, 3), name="quantized_features"),
            dense(12, "fc1"),
            QActivation(quantized_relu(6, 2), name="act1"),
            layers.Dropout(0.3, name="drop"),
            dense(7, "fc2", use_bias=False),
            QActivation(quantized_relu(5, 1), name="act2"),
            dense(4, "fc3"),
        ],
        name="mlp",
    )
    randomize(model)
    return model


def branched():
    source = keras.Input((9, 7, 2), name="image")
    x = QActivation(bits(7, 2), name="quantized")(source)
    left = conv(4, 3, "left", strides=2, padding="same")(x)
    left = QActivation(quantized_relu(5, 2), name="left_act")(left)
    right = conv(4, (2, 3), "right", dilation_rate=2)(x)
    right = layers.MaxPooling2D(2, name="right_pool")(right)
    right = QActivation(quantized_relu(5, 2), name="right_act")(right)
    left = layers.Flatten(name="left_flat")(left)
    right = layers.Flatten(name="right_flat")(right)
    left = dense(5, "left_out")(left)
    right = dense(3, "right_out")(right)
    model = keras.Model(source, [left, right], name="branched")
    randomize(model)
    return model


class TestExact:
    def test_mlp(self):
        lowered = assert_same(mlp(), corner_data((10,)))
        assert lowered.graph.inputs == ("features",)
        assert lowered.graph.outputs == ("fc3",)
        assert lowered.graph.info("features").type == FixedType(True, 8, 4)
        assert lowered.layer_values["quantized_features"] == "features"
        assert lowered.layer_values["drop"] == "act1"
        assert [n.name for n in lowered.graph.nodes if n.layer == "fc1"] == [
            "fc1.weight",
            "fc1.matmul",
            "fc1.bias",
            "fc1",
        ]
        assert lowered.notes == ()

    def test_two_branches_and_two_outputs(self):
        lowered = assert_same(branched(), corner_data((9, 7, 2)))
        assert lowered.graph.outputs == ("left_out", "right_out")

    def test_trained_model(self):
        model = mlp()
        model.compile(keras.optimizers.SGD(0.05), loss="mse", run_eagerly=True)
        rng = np.random.default_rng(1)
        model.fit(rng.normal(0, 2, (64, 10)), rng.normal(0, 1, (64, 4)), epochs=2, verbose=0)
        assert_same(model, corner_data((10,), 100))

    def test_shared_layer(self):
        a, b = keras.Input((6,), name="a"), keras.Input((6,), name="b")
        shared = dense(5, "shared")
        quantize = QActivation(bits(6, 2), name="quantize")
        model = keras.Model([a, b], [shared(quantize(a)), shared(quantize(b))])
        randomize(model)
        x = [corner_data((6,)), corner_data((6,), seed=2)]
        lowered = assert_same(model, x)
        assert lowered.graph.inputs == ("a", "b")
        assert sorted(lowered.graph.outputs) == ["shared", "shared_2"]
        assert [n.name for n in lowered.graph.nodes if n.op.op_name() == "const"] == [
            "shared.weight",
            "shared.bias",
        ]

    def test_nested_model(self):
        inner = keras.Sequential(
            [keras.Input((6,)), dense(5, "inner_fc"), QActivation(quantized_relu(4, 1), name="inner_act")]
        )
        source = keras.Input((6,), name="x")
        model = keras.Model(source, dense(3, "head")(inner(QActivation(bits(), name="q")(source))))
        randomize(model)
        randomize(inner)
        lowered = lower_model(model)
        x = corner_data((6,))
        assert np.array_equal(
            evaluate(lowered.graph, x, raw=True), keras_codes(model, lowered.graph, x)["head"]
        )
        assert "inner_act" in lowered.graph.infos

    def test_input_quantizer_behind_a_reshape(self):
        source = keras.Input((48,), name="flat")
        x = QActivation(bits(7, 3), name="q")(layers.Reshape((4, 4, 3), name="image")(source))
        model = keras.Model(source, layers.Flatten(name="flatten")(conv(2, 2, "conv")(x)))
        randomize(model)
        lowered = assert_same(model, corner_data((48,)), missing=("image",))
        assert lowered.graph.info("flat").type == FixedType(True, 7, 3)
        assert lowered.layer_values["q"] == "q"

    def test_inline_activation(self):
        model = keras.Sequential(
            [
                keras.Input((5,)),
                QActivation(bits(6, 2)),
                dense(6, "one", activation=quantized_relu(4, 1)),
                dense(6, "two", activation="relu"),
                QActivation(bits(6, 2)),
                dense(2, "three", activation="linear"),
            ]
        )
        randomize(model)
        assert_same(model, corner_data((5,)))

    def test_kernels_without_alpha_get_a_power_of_two_per_channel(self):
        # QKeras turns alpha=None into auto_po2 on kernels.
        model = keras.Sequential(
            [
                keras.Input((5,)),
                QActivation(bits(6, 2)),
                dense(6, "fc", kernel_quantizer=quantized_bits(4, 0)),
            ]
        )
        randomize(model)
        scales = np.array([8, 4, 1, 0.5, 0.1, 0.01], np.float32)
        model.layers[-1].kernel.assign(
            np.random.default_rng(3).normal(0, 1, (5, 6)).astype(np.float32) * scales
        )
        lowered = assert_same(model, corner_data((5,)))
        kind = lowered.graph.info("fc.weight").type
        assert len(set(np.ravel(kind.frac))) > 3

    def test_quantized_weights_are_those_of_keras(self):
        model = mlp()
        graph = lower(model)
        layer = model.get_layer("fc1")
        ours = graph.constant("fc1.weight") * graph.info("fc1.weight").scalar.lsb
        assert np.array_equal(ours, np.asarray(layer.kernel_quantizer_internal(layer.kernel)))

    @pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras' own saving
    def test_saved_and_loaded_is_the_same_graph(self, tmp_path):
        from edgeml.keras.load import load_model

        model = branched()
        model.save(tmp_path / "model.keras")
        assert lower(load_model(tmp_path / "model.keras")).digest == lower(model).digest

    def test_names(self):
        model = keras.Sequential(
            [keras.Input((3,), name="my input"), QActivation(bits(), name="q"), dense(2, "a.b-c")]
        )
        graph = lower(model, name="some model")
        assert (graph.name, graph.inputs, graph.outputs) == ("some_model", ("my_input",), ("a_b_c",))


class TestDecisions:
    @pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
    @pytest.mark.parametrize("inline", [True, False])
    def test_ends_in_logits(self, activation, inline):
        head = (
            [dense(3, "head", activation=activation)]
            if inline
            else [dense(3, "head"), layers.Activation(activation, name="p")]
        )
        model = keras.Sequential([keras.Input((4,)), QActivation(bits(6, 2)), *head])
        randomize(model)
        x = corner_data((4,))
        lowered = lower_model(model)
        codes = keras_codes(model, lowered.graph, x)
        (output,) = lowered.graph.outputs
        assert np.array_equal(codes[output], evaluate(lowered.graph, x, raw=True))
        assert [note.layer for note in lowered.notes] == ["head" if inline else "p"]
        assert "logits" in lowered.notes[0].text
        probabilities = np.asarray(model(x))
        if activation == "softmax":
            assert np.array_equal(np.argmax(probabilities, 1), np.argmax(codes[output], 1))
        else:
            assert np.array_equal(probabilities > 0.5, codes[output] > 0)
        assert model.layers[-1].activation.__name__ == activation  # the runner put it back


class TestRefusals:
    def refused(self, model, *parts):
        with pytest.raises(EdgemlError) as caught:
            lower(model)
        for part in parts:
            assert part in str(caught.value)

    def test_unquantized_input(self):
        self.refused(
            keras.Sequential([keras.Input((3,), name="x"), dense(2, "fc")]),
            "fc: ",
            "'x'",
            "QActivation(quantized_bits",
        )

    def test_unquantized_tensor(self):
        model = keras.Sequential(
            [
                keras.Input((3,)),
                QActivation(bits()),
                dense(2, "fc"),
                layers.Activation("tanh", name="t"),
                dense(2, "out"),
            ]
        )
        self.refused(model, "out: ", "'t' (tanh)", "after 't'")

    def test_unquantized_output(self):
        model = keras.Sequential(
            [keras.Input((3,)), QActivation(bits()), dense(2, "fc"), layers.Activation("tanh", name="t")]
        )
        self.refused(model, "the model's output", "'t' (tanh)")

    def test_unquantized_kernel(self):
        model = keras.Sequential([keras.Input((3,)), QActivation(bits()), layers.Dense(2, name="plain")])
        self.refused(
            model, "plain: the kernel of this Dense is not quantized", "QDense(..., kernel_quantizer"
        )
        model = keras.Sequential([keras.Input((3,)), QActivation(bits()), QDense(2, name="half")])
        self.refused(model, "half: the kernel of this QDense is not quantized")

    def test_unquantized_bias(self):
        model = keras.Sequential(
            [keras.Input((3,)), QActivation(bits()), dense(2, "fc", bias_quantizer=None)]
        )
        self.refused(model, "fc: the bias is not quantized", "use_bias=False")

    def test_unknown_layer(self):
        model = keras.Sequential(
            [keras.Input((3, 2)), QActivation(bits()), layers.LayerNormalization(name="norm")]
        )
        self.refused(model, "norm: the layer LayerNormalization is not covered", "use BatchNormalization")

    def test_lambda(self):
        model = keras.Sequential(
            [keras.Input((3,)), QActivation(bits()), layers.Lambda(lambda x: x * 2, name="code")]
        )
        self.refused(model, "code: the layer Lambda is not covered")

    def test_own_class_of_a_known_name(self):
        class Flatten(layers.Layer):
            def call(self, x):
                return x

        self.refused(
            keras.Sequential([keras.Input((3,)), QActivation(bits()), Flatten(name="mine")]),
            "mine: ",
            "not one of Keras",
        )

    def test_operation_that_is_not_covered(self):
        source = keras.Input((3,))
        x = QActivation(bits())(source)
        where = keras.ops.where(x > 0, x, -x)
        self.refused(
            keras.Model(source, where), "the operation Greater is not covered", "maximum and minimum"
        )

    def test_called_as_in_training(self):
        source = keras.Input((3,))
        x = QActivation(bits())(source)
        random = layers.Dropout(0.5, name="drop")(x, training=True)
        self.refused(keras.Model(source, random), "drop: is called with training=True")
        assert lower(keras.Model(source, layers.Dropout(0.5)(x, training=False))).outputs

    def test_several_tensors_where_one_is_meant(self):
        a, b = keras.Input((3,)), keras.Input((3,))
        both = layers.Concatenate()([QActivation(bits())(a), QActivation(bits())(b)])
        assert lower(keras.Model([a, b], both)).outputs

    def test_half_precision(self):
        model = keras.Sequential(
            [keras.Input((3,)), QActivation(bits()), layers.Flatten(dtype="mixed_float16", name="half")]
        )
        self.refused(model, "half: computes in float16")

    def test_input_quantized_twice(self):
        source = keras.Input((3,), name="x")
        a, b = QActivation(bits(4), name="a")(source), QActivation(bits(5), name="b")(source)
        self.refused(keras.Model(source, [a, b]), "quantizes the input 'x'", "one QActivation")

    def test_open_axis(self):
        source = keras.Input((None, 3), name="x")
        self.refused(keras.Model(source, QActivation(bits())(source)), "x: ", "open axis")

    def test_unbuilt_and_subclassed(self):
        self.refused(keras.Sequential([dense(2)]), "not built", "keras.Input")

        class Own(keras.Model):
            def call(self, x):
                return x

        self.refused(Own(), "subclassed")
        self.refused("a string", "not a Keras model")

    def test_noise_left_in_a_quantizer(self):
        model = keras.Sequential(
            [keras.Input((3,)), QActivation(bits()), dense(2, "fc", kernel_quantizer=bits(qnoise_factor=0.5))]
        )
        self.refused(model, "fc.kernel: ", "qnoise_factor=0.5", "update_qnoise_factor")

    def test_weights_off_the_grid(self):
        model = keras.Sequential([keras.Input((1,)), QActivation(bits()), dense(1, "fc")])
        model.layers[-1].kernel.assign(np.array([[4e6]], np.float32))
        self.refused(model, "fc.kernel: ", "clip the weights")

    def test_everything_constant(self):
        assert qkeras.__version__  # the package under test is qkeras-v3
        model = keras.Sequential([keras.Input((2,)), QActivation(bits()), dense(2, "fc")])
        for weight in model.weights:
            weight.assign(np.zeros(weight.shape, np.float32))
        assert np.array_equal(evaluate(lower(model), corner_data((2,))), np.zeros((24, 2)))
