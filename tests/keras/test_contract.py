"""The declarations of layers, operations and quantizers, each found by its folder.

Every file is built from its own examples:

- lowered, its integers are Keras' integers, or the remedy that its example names is given;
- its float counterpart has no quantizer, the same weights, and nearly the same values;
- its float ONNX gives what Keras predicts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import onnxruntime
import pytest

from edgeml.errors import EdgemlError
from edgeml.fixed import to_float
from edgeml.ir import evaluate_codes, input_codes
from edgeml.ir.kind import Kind
from edgeml.keras import layers, operations, quantizers
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.float_model import OWN_STATE, copy_weights, float_model
from edgeml.keras.float_onnx import float_onnx
from edgeml.keras.handlers import Absent, InnerLayer, LayerExample, LayerHandler, LayerKind, OperationHandler
from edgeml.keras.layers._float import itself
from edgeml.keras.lower import lower_model
from edgeml.keras.registry import HandlerFolder, class_of, is_quantized, snake_case
from edgeml.keras.runner import keras_codes
from tests.keras.exactness import corner_data, randomize

keras, qkeras = import_keras(), import_qkeras()

MOST_SHARE = 0.1
"""Of results that a noted approximation may move by one LSB."""

LEAST_CORRELATION = 0.95
"""Of the float counterpart with the quantized model; a dropped ReLU, stride or bias is below it."""

QUICK = ("random_flip", "random_contrast", "tanh", "gelu", "log")
"""Of augmenting layers and of real functions, which share one `lower`, those that quick tests build."""


def quantizer(bits: int = 6, integer: int = 2) -> Any:
    return qkeras.quantized_bits(bits, integer, alpha=1.0)


def layer_of(name: str, example: LayerExample) -> Any:
    cls: Any = class_of(name)
    assert cls is not None, f"no class of Keras or QKeras is called like {name}.py"
    settings = {key: inner(value) for key, value in example.settings.items()}
    return cls(**settings, name="layer")


def inner(value: Any) -> Any:
    """A setting; a wrapped layer is built."""
    if not isinstance(value, InnerLayer):
        return value
    cls: Any = class_of(snake_case(value.name))
    return cls(**value.settings, name="inner")


def network(name: str, example: LayerExample) -> Any:
    """Quantized inputs, the layer, a quantizer."""
    sources = [keras.Input(example.shape, name=f"x{i}") for i in range(example.inputs)]
    values = [qkeras.QActivation(quantizer(5 + i), name=f"q{i}")(source) for i, source in enumerate(sources)]
    result = layer_of(name, example)(values if len(values) > 1 else values[0])
    inputs = sources if len(sources) > 1 else sources[0]
    return keras.Model(inputs, qkeras.QActivation(quantizer(8, 3), name="act")(result))


def assert_lowered(model: Any, x: list[np.ndarray]) -> None:
    """The output's integers are Keras'; so are all inner values, unless a note says that they are not."""
    lowered = lower_model(model)
    graph = lowered.graph
    names = sorted({*lowered.layer_values.values(), *graph.outputs})
    theirs = keras_codes(model, graph, x, keep=names)
    ours = evaluate_codes(graph, input_codes(graph, x), keep=names)
    (output,) = graph.outputs
    assert np.ptp(ours[output]) > 0, "the output never changes"
    if all(note.exact for note in lowered.notes):
        assert sorted(theirs) == names
        for name in names:
            assert np.array_equal(ours[name], theirs[name]), name
        return
    distance = np.abs(ours[output] - theirs[output])
    assert distance.max() <= 1
    assert np.mean(distance > 0) <= MOST_SHARE
    with pytest.raises(EdgemlError, match="cannot be exact"):
        lower_model(model, strict=True)


def easy_weights(model: Any) -> None:
    """Weights that every quantizer of the examples holds exactly."""
    rng = np.random.default_rng(1)
    for weight in model.weights:
        if weight.name == "input_integer" or weight.name.endswith("_fraction"):
            weight.assign(np.full(weight.shape, 4))
        if weight.name not in OWN_STATE and weight.dtype == "float32":
            low = 8 if "variance" in weight.name or "gamma" in weight.name else -8
            weight.assign(rng.integers(low, 9 if low < 0 else 17, weight.shape) / 16)


def assert_counterpart(model: Any, least: float = LEAST_CORRELATION) -> Any:
    """The float counterpart, once it is compared with the quantized model."""
    easy_weights(model)
    counterpart = float_model(model)
    assert "qkeras" not in str(counterpart.get_config())
    assert [layer.name for layer in counterpart.layers] == [layer.name for layer in model.layers]
    weights = [weight.numpy() for weight in counterpart.weights]
    for weight in counterpart.weights:
        weight.assign(np.zeros(weight.shape))
    copy_weights(model, counterpart)
    for before, weight in zip(weights, counterpart.weights, strict=True):
        np.testing.assert_array_equal(before, weight.numpy())
    copy_weights(counterpart, model)
    rng = np.random.default_rng(2)
    x = [(rng.integers(-8, 9, (16, *i.shape[1:])) / 4).astype(np.float32) for i in model.inputs]
    given = x if len(x) > 1 else x[0]
    floats, quantized = (np.asarray(m(given, training=False)) for m in (counterpart, model))
    assert floats.shape == quantized.shape
    assert np.corrcoef(floats.ravel(), quantized.ravel())[0, 1] >= least
    return counterpart


def assert_onnx(model: Any) -> None:
    """ONNX Runtime gives what Keras predicts, of random weights and samples; unrolled too."""
    rng = np.random.default_rng(3)
    for weight in model.weights:
        if weight.dtype == "float32":
            weight.assign(rng.uniform(0.5 if "variance" in weight.name else -0.5, 1, weight.shape))
    x = [rng.normal(size=(3, *i.shape[1:])).astype(np.float32) for i in model.inputs]
    theirs = model(x if len(x) > 1 else x[0], training=False).numpy()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    assert np.ptp(theirs) > 0
    for content in {float_onnx(model), float_onnx(model, unrolled=True)}:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        names = [node.name for node in session.get_inputs()]
        (ours,) = session.run(None, dict(zip(names, x, strict=True)))
        assert ours.shape == theirs.shape
        near = 1e-5 * max(1.0, float(np.abs(theirs).max()))
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=near)


LAYERS = [
    pytest.param(
        name,
        marks=[pytest.mark.slow]
        if layers.load(name).kind is LayerKind.AUGMENTS and name not in QUICK
        else [],
    )
    for name in layers.names()
]


@pytest.mark.parametrize("name", LAYERS)
def test_layer(name: str) -> None:
    handler = layers.load(name)
    assert handler.examples, "give it an example"
    assert not isinstance(handler.float_layer, Absent)
    for example in handler.examples:
        assert (example.inputs > 1) == (handler.kind is LayerKind.MERGES)
        model = network(name, example)
        if example.refused:
            with pytest.raises(EdgemlError) as refusal:
                lower_model(model)
            assert example.refused in str(refusal.value)
            assert refusal.value.where == "layer"
        else:
            randomize(model)
            assert_lowered(model, [corner_data(example.shape, 60, i) for i in range(example.inputs)])
        counterpart = assert_counterpart(model)
        assert_onnx(counterpart)
        if isinstance(handler.float_onnx, Absent):
            assert is_quantized(type(model.get_layer("layer")).__module__)
            with pytest.raises(EdgemlError, match="cannot be written as float ONNX"):
                float_onnx(model)


def test_a_layer_with_float_onnx_writes_itself() -> None:
    """No Keras layer is hidden behind a counterpart: what is written is the layer of the file.

    A layer of edgeml's own may be its own counterpart.
    """
    for name in layers.names():
        cls: Any = class_of(name)
        assert cls is not None
        handler = layers.load(name)
        hidden = is_quantized(cls.__module__) and handler.float_layer is not itself
        assert isinstance(handler.float_onnx, Absent) == hidden, name


def operation_network(call: Any, quantized: bool = True) -> Any:
    """The operation on two inputs, each with its quantizer; the inputs are outputs as well."""
    sources = values = [keras.Input((4, 3), name=name) for name in ("x", "y")]
    if quantized:
        values = [qkeras.QActivation(quantizer(), name=f"q_{source.name}")(source) for source in sources]
    result = call(keras, *values)
    if quantized:
        result = qkeras.QActivation(quantizer(8, 3), name="act")(result)
    flat = [keras.layers.Flatten()(value) for value in (result, *values)]
    return keras.Model(sources, keras.layers.Concatenate()(flat))


OPERATIONS = [
    pytest.param(
        name,
        marks=[pytest.mark.slow]
        if operations.load(name).lower is operations.load("tanh").lower and name not in QUICK
        else [],
    )
    for name in operations.names()
]


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation(name: str) -> None:
    handler = operations.load(name)
    assert handler.examples, "give it an example"
    for call in handler.examples:
        sources = [keras.Input((4, 3)) for _ in range(2)]
        operation = call(keras, *sources)._keras_history.operation
        assert snake_case(type(operation).__name__) == name
        if isinstance(handler.float_onnx, Absent):
            with pytest.raises(EdgemlError):
                lower_model(keras.Model(sources, call(keras, *sources)))
            with pytest.raises(EdgemlError, match="cannot be written as float ONNX"):
                float_onnx(keras.Model(sources, call(keras, *sources)))
            continue
        assert_lowered(operation_network(call), [corner_data((4, 3), 40, seed=i) for i in range(2)])
        assert_onnx(operation_network(call, quantized=False))
        if handler.kind is Kind.MOVES:
            before = keras.Input((4, 3), name="x")
            late = keras.Model(before, qkeras.QActivation(quantizer())(call(keras, before, before)))
            assert_lowered(late, [corner_data((4, 3), 40)])


@pytest.mark.parametrize("name", quantizers.names())
def test_quantizer(name: str) -> None:
    handler = quantizers.load(name)
    assert handler.examples, "give it an example"
    for settings in handler.examples:
        chosen = getattr(qkeras, name)(**settings)
        values = np.random.default_rng(0).normal(0, 1, (6, 5)).astype(np.float32)
        if isinstance(handler.quantize_weights, Absent):
            with pytest.raises(EdgemlError, match="is not for weights"):
                quantizers.quantize_weights(chosen, values, "w")
        else:
            weights = quantizers.quantize_weights(chosen, values, "w")
            scale = 1.0 if weights.scale is None else weights.scale
            ours = to_float(weights.codes, weights.type.frac) * scale
            np.testing.assert_array_equal(ours.astype(np.float32), np.asarray(chosen(values)))
        source = keras.Input((6,), name="x")
        first = qkeras.QActivation(quantizer(8, 3), name="q")(source)
        model = keras.Model(source, qkeras.QActivation(getattr(qkeras, name)(**settings), name="act")(first))
        assert_lowered(model, [corner_data((6,), 100)])
        assert_onnx(assert_counterpart(model, least=0.75))


def _linear(layer: Any) -> Any:
    return keras.layers.Activation("linear", name=layer.name)


WRONG = {
    "the slope is lost in ONNX": ("leaky_re_lu", {"float_onnx": layers.load("dropout").float_onnx}),
    "another pooling in ONNX": ("average_pooling2d", {"float_onnx": layers.load("max_pooling2d").float_onnx}),
    "another merge": ("add", {"lower": layers.load("maximum").lower}),
    "another merge in ONNX": ("add", {"float_onnx": layers.load("multiply").float_onnx}),
    "the counterpart loses the activation": ("q_activation", {"float_layer": _linear}),
    "the counterpart keeps the quantizers": ("q_dense", {"float_layer": lambda layer: layer}),
    "lowering is refused without being announced": ("max_pooling2d", {"lower": layers.load("dense").lower}),
    "there is no example": ("dropout", {"examples": ()}),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_declaration_is_noticed(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, change = WRONG[fault]
    wrong, load = replace(layers.load(name), **change), HandlerFolder.load

    def planted(folder: Any, other: str) -> Any:
        return wrong if folder is layers.FOLDER and other == name else load(folder, other)

    monkeypatch.setattr(HandlerFolder, "load", planted)
    monkeypatch.setattr(layers, "load", layers.FOLDER.load)
    with pytest.raises((AssertionError, EdgemlError, AttributeError, ValueError)):
        test_layer(name)


class TestForgetting:
    """A file that lacks a declaration is an error when it is found."""

    DECLARED = (
        "from edgeml.keras.handlers import LayerHandler, LayerKind\n"
        "from edgeml.keras.layers._families import same as lower\n"
        "from edgeml.keras.layers._float import itself\n"
    )

    @pytest.fixture
    def plant(self, tmp_path, monkeypatch):
        def plant(text: str) -> None:
            (tmp_path / "planted.py").write_text(text, encoding="utf-8")
            monkeypatch.setattr(layers, "__path__", [*layers.__path__, str(tmp_path)])
            monkeypatch.delitem(__import__("sys").modules, "edgeml.keras.layers.planted", raising=False)

        return plant

    def test_the_planted_file_is_found(self, plant) -> None:
        plant("from edgeml.keras.layers.dropout import LAYER\n")
        assert "planted" in layers.names()
        assert layers.load("planted") is layers.load("dropout")

    def test_no_handler(self, plant) -> None:
        plant("def lower(layer, builder, inputs):\n    return inputs[0]\n")
        with pytest.raises(EdgemlError, match="declares LAYER, and this one does not") as error:
            layers.load("planted")
        assert error.value.where.endswith("planted.py")

    @pytest.mark.parametrize("field", ["kind", "float_layer", "float_onnx", "examples"])
    def test_a_field(self, plant, field) -> None:
        fields = {
            "kind": "LayerKind.MOVES",
            "lower": "lower",
            "float_layer": "itself",
            "float_onnx": "lower",
            "examples": "()",
        }
        del fields[field]
        text = ", ".join(f"{key}={value}" for key, value in fields.items())
        plant(f"{self.DECLARED}LAYER = LayerHandler({text})\n")
        with pytest.raises(TypeError, match=f"required keyword-only argument: '{field}'"):
            layers.load("planted")

    def test_an_absence_without_a_reason(self) -> None:
        with pytest.raises(ValueError, match="say why"):
            Absent(" ")

    def test_handlers_have_no_defaults(self) -> None:
        handlers: list[Any] = [LayerHandler, OperationHandler]
        for handler in handlers:
            with pytest.raises(TypeError, match="float_onnx"):
                handler()
