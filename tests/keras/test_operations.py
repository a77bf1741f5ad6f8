"""Every operation of keras.ops in a functional model: Keras equals the graph, or it is refused by name."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import edgeml
from edgeml.backends.onnx.emulator import Emulator
from edgeml.errors import EdgemlError
from edgeml.ir import evaluate
from edgeml.keras import operations
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.load import load_model
from edgeml.keras.lower import lower, lower_model
from tests.keras.exactness import assert_same, corner_data

keras, qkeras = import_keras(), import_qkeras()
ops, layers = keras.ops, keras.layers

MATRIX = np.array([[0.5, -1.25], [2.0, 0.0], [0.75, 3.0]], np.float32)
ROW = np.array([0.5, -1.75, 3.0], np.float32)
SHAPE = (4, 3)


def bits(width=6, integer=2):
    return qkeras.quantized_bits(width, integer, alpha=1.0)


def act(width=8, integer=3, name="act"):
    return qkeras.QActivation(bits(width, integer), name=name)


def model_of(function, shape=SHAPE, *tail):
    """The function of two quantized inputs."""
    sources = [keras.Input(shape, name=name) for name in ("x", "y")]
    x, y = (qkeras.QActivation(bits(), name=f"q_{source.name}")(source) for source in sources)
    result = function(x, y)
    for layer in tail:
        result = layer(result)
    return keras.Model(sources, layers.Concatenate()([layers.Flatten()(part) for part in (result, x, y)]))


def alone(function):
    """The function of two quantized inputs, and nothing behind it."""
    sources = [keras.Input(SHAPE, batch_size=4, name=name) for name in ("x", "y")]
    values = [qkeras.QActivation(bits(), name=f"q_{source.name}")(source) for source in sources]
    return keras.Model(sources, function(*values))


EXACT = {
    "add_number_from_the_left": lambda x, y: 3 + x,
    "add_row": lambda x, y: x + ROW,
    "add_per_element": lambda x, y: x + np.arange(12, dtype=np.float32).reshape(4, 3),
    "add_with_batch_axis": lambda x, y: x + np.arange(12, dtype=np.float32).reshape(1, 4, 3),
    "add_tensor": lambda x, y: x + keras.ops.convert_to_tensor(ROW),
    "subtract_number": lambda x, y: x - 0.375,
    "subtract_itself": lambda x, y: y - x + x,
    "multiply_power_of_two": lambda x, y: 0.25 * x,
    "multiply_negative": lambda x, y: x * -0.75,
    "multiply_row": lambda x, y: x * ROW,
    "multiply_zero": lambda x, y: x * 0.0 + y,
    "true_divide": lambda x, y: x / 2,
    "true_divide_row": lambda x, y: x / np.array([2, 4, 0.5], np.float32),
    "minimum": lambda x, y: ops.minimum(x, -0.5),
    "re_lu": lambda x, y: keras.activations.relu(x, negative_slope=0.25, max_value=1.5, threshold=0.5),
    "abs": lambda x, y: abs(x) + ops.abs(y),
    "sum_last": lambda x, y: ops.sum(x, axis=-1, keepdims=True),
    "sum_apart": lambda x, y: ops.sum(ops.reshape(x, (-1, 2, 2, 3)), axis=(1, 3)),
    "mean": lambda x, y: ops.mean(x, axis=1),
    "amax": lambda x, y: ops.amax(x, axis=-1),
    "pad_zero": lambda x, y: ops.pad(x, ((0, 0), (1, 0), (0, 0)), constant_values=0),
    "squeeze": lambda x, y: ops.squeeze(x[:, :1], 1),
    "squeeze_all": lambda x, y: ops.squeeze(x[:, :1, :1]),
    "get_item_last": lambda x, y: x[:, -1],
}

QUANTIZED = {
    "multiply_third": lambda x, y: x * 0.3,
    "true_divide_by_three": lambda x, y: x / 3,
    "power_half": lambda x, y: ops.relu(x) ** 0.5,
    "chain": lambda x, y: ops.clip(2 * ops.tanh(x) - 0.1, -1, 1) / 3,
    "chain_moved": lambda x, y: ops.transpose(ops.sqrt(abs(x)), (0, 2, 1))[:, 1:],
    "re_lu": lambda x, y: keras.activations.relu(x, negative_slope=0.3, threshold=0.5),
}


def data():
    return [corner_data(SHAPE, 40, seed=seed) for seed in (1, 2)]


@pytest.mark.parametrize("case", EXACT)
def test_exact(case):
    lowered = assert_same(model_of(EXACT[case]), data())
    assert lowered.notes == ()
    graph, x = lowered.graph, dict(zip(lowered.graph.inputs, data(), strict=True))
    assert np.array_equal(Emulator(graph).predict(x), evaluate(graph, x))


@pytest.mark.parametrize("case", QUANTIZED)
def test_exact_with_its_quantizer(case):
    lowered = assert_same(model_of(QUANTIZED[case], SHAPE, act()), data(), missing=(case,))
    assert all(note.exact for note in lowered.notes)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_models_with_operations_are_saved_and_imported(tmp_path):
    examples = {
        f"{name}_{number}": lambda x, y, call=call: call(keras, x, y)
        for name in operations.names()
        for number, call in enumerate(operations.load(name).examples)
        if name not in REFUSED
    }
    for case, function in {**examples, **EXACT}.items():
        model = model_of(function, SHAPE, act())
        model.save(tmp_path / "model.keras")
        assert lower(load_model(tmp_path / "model.keras"), "m") == lower(model, "m"), case


def test_softmax_at_the_end_gives_the_logits():
    source = keras.Input((4,), name="x")
    model = keras.Model(source, ops.softmax(act(6, 2)(source)))
    assert "logits before softmax" in lower(model, strict=True).notes[0].text


def test_operations_before_the_input_quantizer_move_with_it():
    source = keras.Input(SHAPE, name="x")
    moved = ops.transpose(ops.flip(source[:, 1:], axis=1), (0, 2, 1))
    assert_same(keras.Model(source, act(6, 2)(moved)), corner_data(SHAPE))


def test_shared_and_nested():
    inner_in = keras.Input(SHAPE)
    inner = keras.Model(inner_in, ops.relu(inner_in) + inner_in[:, :1])
    source = keras.Input(SHAPE, name="x")
    x = act(6, 2)(source)
    assert_same(keras.Model(source, inner(x) - inner(-x)), corner_data(SHAPE))


REFUSED = {
    "batch": (lambda x, y: x[1:, 0], "picks samples of the batch (begin with :"),
    "sum_of_everything": (lambda x, y: ops.sum(x), "the batch too (name the axes"),
    "axis_0": (lambda x, y: ops.sum(x, axis=0), "the batch"),
    "ranks": (lambda x, y: x + y[:, 0], "2 and 1 axes besides the batch (give both as many"),
    "ravel": (lambda x, y: ops.ravel(x), "use keras.layers.Flatten"),
    "reshape": (lambda x, y: ops.reshape(x, (-1,)), "use keras.layers.Reshape"),
    "transpose": (lambda x, y: ops.transpose(x), "moves the batch (begin the axes with 0"),
    "matmul": (lambda x, y: x @ ops.transpose(y, (0, 2, 1)), "keras.layers.Multiply and keras.ops.sum"),
    "divide": (lambda x, y: x / y, "divides one value by another"),
    "divide_zero": (lambda x, y: x / 0, "divides by zero"),
    "where": (lambda x, y: ops.where(x > 0, x, y), "use relu, keras.ops.maximum and minimum"),
    "einsum": (lambda x, y: ops.einsum("btc,cd->btd", x, MATRIX), "use x @ c with a constant c"),
    "split": (lambda x, y: ops.split(x, 2, axis=1)[0], "has 2 outputs (use layers with one, and slices"),
    "pad": (lambda x, y: ops.pad(x, ((0, 0), (1, 1), (0, 0)), mode="reflect"), "pad with zeros"),
    "pad_one": (
        lambda x, y: ops.pad(x, ((0, 0), (1, 1), (0, 0)), constant_values=1),
        "leave constant_values out",
    ),
    "log": (lambda x, y: act(name="late")(ops.log(x)), "is not finite everywhere"),
    "cast": (lambda x, y: ops.cast(x, "float16"), "casts to float16"),
    "constants": (lambda x, y: x + np.array([0.1, 1e9, 3], np.float32), "need more than 32 bits on one grid"),
    "complex": (lambda x, y: x + np.float32(np.nan), "is not finite"),
    "argmax": (lambda x, y: ops.argmax(x, axis=-1), "their largest is the class"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_by_name_with_a_remedy(case):
    function, says = REFUSED[case]
    with pytest.raises(EdgemlError) as caught:
        lower(alone(function))
    assert says in str(caught.value)
    assert caught.value.hint
    assert caught.value.where


def test_unquantized_input():
    source = keras.Input(SHAPE, name="x")
    with pytest.raises(EdgemlError, match="put QActivation.*directly after the input 'x'"):
        lower(keras.Model(source, act()(source + 1)))


def test_rounded_factors_are_noted():
    model = model_of(lambda x, y: x * 0.3)
    assert not lower_model(model).notes[0].exact
    with pytest.raises(EdgemlError, match="cannot be exact"):
        lower(model, strict=True)


CALLS = (
    lambda f, x, y: f(x),
    lambda f, x, y: f(x, y),
    lambda f, x, y: f(x, 2),
    lambda f, x, y: f(x, axis=1),
    lambda f, x, y: f([x, y]),
)


@pytest.mark.slow
def test_every_operation_of_keras_is_lowered_or_refused_with_a_remedy():
    """The functions that take one or two tensors and nothing else, of the Keras that is installed."""
    lowered = 0
    for name in sorted(dir(ops)):
        function = getattr(ops, name)
        if not inspect.isfunction(function):
            continue
        for call in CALLS:
            try:
                model = alone(lambda x, y, f=function, c=call: c(f, x, y))
            except Exception:  # noqa: BLE001  Keras cannot call it so, in any of many ways
                continue
            try:
                lower(model, name)
                lowered += 1
            except EdgemlError as error:
                if not error.hint:
                    raise
    assert lowered > 40


@pytest.mark.slow
@pytest.mark.tool
def test_a_network_of_operations_in_every_executor():
    source = keras.Input(SHAPE, name="x")
    x = act(6, 2, name="q")(source)
    parts = [
        abs(x) - ROW,
        ops.maximum(x[:, ::2] * 0.75, 0.5),
        ops.sum(ops.square(x), axis=1),
        ops.max(x, axis=2),
        (-x) @ MATRIX,
        ops.clip(ops.transpose(x, (0, 2, 1)) / 4, -1, 1),
        ops.relu(ops.roll(x, 1, axis=1)) + ops.flip(x, axis=2),
        ops.floor(ops.mean(x, axis=1)),
    ]
    flat = [ops.reshape(part, (-1, int(np.prod(part.shape[1:])))) for part in parts]
    dense = qkeras.QDense(3, kernel_quantizer=bits(4, 0), bias_quantizer=bits(4, 0), name="out")
    model = keras.Model(source, dense(act(8, 4, name="q2")(ops.concatenate(flat, axis=-1))))
    graph = assert_same(model, corner_data(SHAPE)).graph
    result = edgeml.check(graph, corner_data(SHAPE))
    assert result.ok, result.to_json()
    assert {"evaluate", "onnxruntime"} <= {row.backend for row in result.compared}
