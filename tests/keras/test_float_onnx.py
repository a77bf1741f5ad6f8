from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest

from edgeml import presets
from edgeml.errors import EdgemlError
from edgeml.keras.backend import import_keras
from edgeml.keras.float_model import float_model
from edgeml.keras.float_onnx import float_onnx
from edgeml.training.build import build_model

keras = import_keras()
layers = keras.layers


def run(content: bytes, *arrays: np.ndarray) -> list[np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    feeds = dict(zip([i.name for i in session.get_inputs()], arrays, strict=True))
    return session.run(None, feeds)


def agree(model, samples: int = 3, largest: float = 1.0) -> onnx.ModelProto:
    """Random weights, random samples: ONNX Runtime gives what Keras gives."""
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if weight.dtype == "float32":
            low = 0.5 if "variance" in weight.name else -0.5
            weight.assign(rng.uniform(low, 1, weight.shape) * (largest if len(weight.shape) > 1 else 1))
    arrays = [rng.normal(size=(samples, *i.shape[1:])).astype(np.float32) for i in model.inputs]
    wanted = model(arrays if len(arrays) > 1 else arrays[0], training=False)
    content = float_onnx(model)
    got = run(content, *arrays)
    for mine, theirs in zip(got, wanted if isinstance(wanted, list) else [wanted], strict=True):
        theirs = theirs.numpy()
        assert mine.shape == theirs.shape
        assert np.ptp(theirs) > 0
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-4 * np.abs(theirs).max())
    return onnx.load_from_string(content)


def chain(shape, *stack):
    x = inputs = keras.Input(shape)
    for layer in stack:
        x = layer(x)
    return keras.Model(inputs, x)


@pytest.mark.parametrize("name", presets.names())
def test_every_preset(name):
    preset = presets.load(name)
    model = float_model(build_model(preset))
    made = agree(model, largest=0.1)  # so that no sigmoid at the end saturates
    assert made.graph.input[0].name == model.inputs[0].name
    assert made.graph.output[0].name == model.layers[-1].name
    assert made.graph.name == name


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("strides", [1, 2, 3])
@pytest.mark.parametrize("size", [7, 8])
def test_padding_is_tensorflows(padding, strides, size):
    agree(
        chain(
            (size, size + 1, 2),
            layers.Conv2D(3, (3, 2), strides, padding, activation="relu"),
            layers.MaxPooling2D(2, 1, padding),
            layers.Flatten(),
            layers.Dense(4),
        )
    )
    agree(
        chain(
            (size, size, 2), layers.DepthwiseConv2D(3, strides, padding, depth_multiplier=2), layers.Flatten()
        )
    )
    agree(chain((size, size, 2), layers.AveragePooling2D((3, 2), strides, padding)))
    agree(chain((size, 2), layers.Conv1D(4, 3, strides, padding), layers.AveragePooling1D(2, 1, padding)))
    agree(chain((size, 2), layers.DepthwiseConv1D(3, strides, padding)))


@pytest.mark.parametrize(
    "stack",
    [
        [layers.Conv1D(4, 3, padding="causal", dilation_rate=2)],
        [layers.Conv2D(4, 3, dilation_rate=2, use_bias=False)],
        [layers.Conv2D(6, 3, groups=2)],
        [layers.Conv2D(4, 3), layers.Dense(5)],
        [layers.Conv2D(4, 3), layers.Flatten(), layers.ReLU(), layers.Dense(3, use_bias=False)],
        [layers.Conv2D(4, 3), layers.Flatten(), layers.Dropout(0.5), layers.Reshape((2, -1))],
        [layers.Conv2D(4, 3), layers.Reshape((-1, 2)), layers.Dense(3)],
        [layers.Conv2D(1, 3), layers.Flatten(), layers.Dense(3)],
        [layers.Conv2D(4, 3), layers.BatchNormalization(), layers.LeakyReLU(0.3)],
        [layers.BatchNormalization(center=False), layers.BatchNormalization(scale=False)],
        [layers.Flatten(), layers.BatchNormalization(epsilon=0.1)],
        [layers.Conv2D(4, 3), layers.Flatten(), layers.BatchNormalization()],
        [layers.GlobalAveragePooling2D()],
        [layers.GlobalMaxPooling2D(keepdims=True), layers.Flatten()],
        [layers.ZeroPadding2D(((1, 2), (0, 3))), layers.Conv2D(3, 3)],
        [layers.ReLU(max_value=0.5), layers.ReLU(negative_slope=0.1)],
        [layers.Conv2D(4, 3, activation="softmax")],
        *(
            [layers.Conv2D(4, 3, activation=name)]
            for name in ("tanh", "sigmoid", "elu", "silu", "softplus", "relu6")
        ),
        *(
            [layers.Activation(name)]
            for name in ("hard_sigmoid", "hard_swish", "leaky_relu", "linear", "relu")
        ),
    ],
    ids=lambda stack: "-".join(type(layer).__name__ for layer in stack),
)
def test_layers(stack):
    one_d = isinstance(stack[0], layers.Conv1D)
    agree(chain((8, 2) if one_d else (6, 6, 2), *stack))


def test_one_dimensional_pooling_padding_and_global_pooling():
    agree(
        chain(
            (8, 2),
            layers.ZeroPadding1D(2),
            layers.Conv1D(3, 3),
            layers.MaxPooling1D(2),
            layers.GlobalMaxPooling1D(),
        )
    )


def test_several_inputs_and_outputs_merges_and_shared_layers():
    a, b = keras.Input((6, 6, 2), name="a"), keras.Input((6, 6, 2), name="b")
    conv = layers.Conv2D(3, 3, name="conv")
    left, right = conv(a), conv(b)
    merged = [
        kind()([left, right])
        for kind in (
            layers.Add,
            layers.Subtract,
            layers.Multiply,
            layers.Maximum,
            layers.Minimum,
            layers.Average,
        )
    ]
    joined = layers.Concatenate(name="joined")([*merged, left])
    low = layers.Concatenate(axis=1)([left, right])
    model = keras.Model([a, b], [joined, layers.Flatten(name="flat")(low), left])
    made = agree(model)
    assert [i.name for i in made.graph.input] == ["a", "b"]
    assert [o.name for o in made.graph.output][:2] == ["joined", "flat"]


def test_the_batch_is_free_and_the_file_is_plain():
    content = float_onnx(chain((4,), layers.Dense(3)))
    made = onnx.load_from_string(content)
    assert {node.domain for node in made.graph.node} == {""}
    assert [(o.domain, o.version) for o in made.opset_import] == [("", 17)]
    for samples in (1, 5):
        assert run(content, np.zeros((samples, 4), np.float32))[0].shape == (samples, 3)


def test_a_flatten_before_a_dense_layer_costs_nothing():
    made = agree(chain((6, 6, 1), layers.Conv2D(3, 3), layers.Flatten(), layers.Dense(4)))
    assert "Transpose" not in {node.op_type for node in made.graph.node}


@pytest.mark.parametrize(
    ("layer", "what"),
    [
        (layers.UpSampling2D(interpolation="bilinear", name="it"), "interpolation 'bilinear'"),
        (layers.Activation("log_softmax", name="it"), "activation log_softmax"),
        (layers.LayerNormalization(name="it"), "LayerNormalization"),
        (layers.Conv2DTranspose(2, 3, 2, output_padding=0, name="it"), "output_padding"),
        (layers.BatchNormalization(axis=1, name="it"), "axis 1"),
    ],
)
def test_a_layer_that_is_not_covered_is_refused_by_name(layer, what):
    with pytest.raises(EdgemlError, match=what) as caught:
        float_onnx(chain((6, 6, 2), layer))
    assert caught.value.where == "it"


def test_a_quantized_layer_is_refused():
    preset = presets.load("iris_mlp")
    with pytest.raises(EdgemlError, match="QActivation"):
        float_onnx(build_model(preset))
