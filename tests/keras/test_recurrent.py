"""Recurrent layers: names, steps, states, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import edgeml
from edgeml.errors import EdgemlError
from edgeml.ir import Graph
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.lookup import Lookup
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.float_onnx import float_onnx
from edgeml.keras.layers._recurrent import MAX_STEPS
from edgeml.keras.load import load_model
from edgeml.keras.lower import lower
from edgeml.presets import Bits, Quantizers
from edgeml.ptq.source import read_float
from edgeml.tools import verilator
from tests.keras.exactness import assert_same, corner_data, randomize
from tests.support import needs_tool

keras, qkeras = import_keras(), import_qkeras()

BITS = "quantized_bits(6, 1, alpha=1.0)"
GATES = {
    "activation": "quantized_tanh(8, use_real_tanh=True)",
    "recurrent_activation": "quantized_sigmoid(8, use_real_sigmoid=True)",
    "state_quantizer": "quantized_bits(8, 2, alpha=1.0)",
}
WEIGHTS = {"kernel_quantizer": BITS, "recurrent_quantizer": BITS, "bias_quantizer": BITS}


def network(layer: Any, steps: int = 4) -> Any:
    x = keras.Input((steps, 3), name="x")
    return keras.Model(x, layer(qkeras.QActivation(BITS, name="q")(x)))


def refused(model: Any, *parts: str) -> None:
    with pytest.raises(EdgemlError) as caught:
        lower(model)
    for part in parts:
        assert part in str(caught.value)


def test_the_name_is_the_layers_and_outlives_a_file(tmp_path) -> None:
    model = network(qkeras.QLSTM(4, **GATES, **WEIGHTS, name="memory"))
    randomize(model)
    graph = lower(model, "net")
    assert {node.layer for node in graph.nodes} == {"x", "memory"}
    model.save(tmp_path / "m.keras")
    again = lower(load_model(tmp_path / "m.keras"), "net")
    assert again.digest == graph.digest


def test_steps_share_weights_and_tables() -> None:
    def constants(steps: int) -> int:
        model = network(qkeras.QLSTM(4, **GATES, **WEIGHTS, name="memory"), steps)
        randomize(model)
        graph = lower(model)
        return sum(isinstance(node.op, Const) for node in graph.nodes)

    assert constants(18) == constants(12)


def test_tables_are_narrow() -> None:
    model = network(qkeras.QGRU(4, **GATES, **WEIGHTS, reset_after=True, name="memory"))
    randomize(model)
    graph = assert_same(model, corner_data((4, 3), 40)).graph
    widths = [graph.info(node.inputs[0]).scalar.width for node in graph.nodes if isinstance(node.op, Lookup)]
    assert widths and max(widths) <= 12
    assert max(info.scalar.width for info in graph.infos.values()) > 16


def test_a_state_that_does_not_begin_at_zero() -> None:
    """binary() makes +1 of the zero that the first step reads."""
    model = network(qkeras.QSimpleRNN(3, activation=BITS, **WEIGHTS, state_quantizer="binary(alpha=1.0)"))
    randomize(model)
    assert_same(model, corner_data((4, 3), 40))


def test_scales_that_are_no_powers_of_two_are_noted() -> None:
    wide = {**WEIGHTS, "kernel_quantizer": "quantized_bits(6, 0, alpha='auto')"}
    model = network(qkeras.QSimpleRNN(3, activation=BITS, **wide))
    randomize(model)
    assert any(not note.exact for note in lower(model).notes)


def test_a_layer_called_twice() -> None:
    x = keras.Input((3, 2), name="x")
    shared = qkeras.QGRU(3, **GATES, **WEIGHTS, reset_after=False, name="memory")
    first = qkeras.QActivation(BITS, name="q")(x)
    second = qkeras.QActivation("quantized_bits(4, 1, alpha=1.0)", name="q2")(first)
    model = keras.Model(x, keras.layers.Concatenate()([shared(first), shared(second)]))
    randomize(model)
    lowered = assert_same(model, corner_data((3, 2), 40))
    assert {"memory", "memory_2"} <= set(lowered.layer_values)


class TestRefused:
    def test_a_state_without_quantizer(self) -> None:
        gates = {key: value for key, value in GATES.items() if key != "state_quantizer"}
        refused(
            network(qkeras.QLSTM(3, **gates, **WEIGHTS)), "the state of this QLSTM", "add state_quantizer"
        )
        assert isinstance(lower(network(qkeras.QLSTM(3, **gates, **WEIGHTS), steps=1)), Graph)

    def test_a_gate_without_quantizer(self) -> None:
        layer = qkeras.QLSTM(3, **{**GATES, "recurrent_activation": "sigmoid"}, **WEIGHTS, name="m")
        refused(network(layer), "m: the recurrent_activation sigmoid of this QLSTM", "use_real_sigmoid=True")

    @pytest.mark.parametrize("tensor", ["kernel", "recurrent", "bias"])
    def test_weights_in_float(self, tensor) -> None:
        left = {key: value for key, value in WEIGHTS.items() if not key.startswith(tensor)}
        refused(
            network(qkeras.QGRU(3, **GATES, **left)), "of this QGRU is not quantized", f"{tensor}_quantizer="
        )

    def test_a_gate_of_too_many_bits(self) -> None:
        wide = {**GATES, "state_quantizer": "quantized_bits(14, 2, alpha=1.0)"}
        layer = qkeras.QGRU(3, **wide, **WEIGHTS, reset_after=True, name="m")
        refused(network(layer), "m: quantized_tanh of a value of", "use fewer bits for recurrent_activation")

    def test_a_stateful_layer(self) -> None:
        layer = qkeras.QSimpleRNN(3, activation="quantized_tanh(6)", **WEIGHTS, stateful=True)
        x = keras.Input(batch_shape=(2, 4, 3))
        refused(keras.Model(x, layer(qkeras.QActivation(BITS)(x))), "is stateful", "stateful=False")

    def test_too_many_steps(self) -> None:
        layer = qkeras.QSimpleRNN(3, activation="quantized_tanh(6)", **WEIGHTS)
        refused(network(layer, MAX_STEPS + 1), f"runs over {MAX_STEPS + 1} steps, at most {MAX_STEPS}")

    def test_a_state_as_a_result(self) -> None:
        layer = qkeras.QGRU(3, **GATES, **WEIGHTS, return_state=True, name="m")
        x = keras.Input((4, 3))
        refused(keras.Model(x, layer(qkeras.QActivation(BITS)(x))[0]), "m: the layer QGRU has 2 outputs")

    def test_a_real_function_on_each_step(self) -> None:
        inner = keras.layers.Activation("tanh")
        layer = keras.layers.TimeDistributed(inner, name="each")
        refused(network(layer), "each: its Activation ends in a real function", "quantizer as activation")

    def test_quantization_after_training(self) -> None:
        plain = keras.Sequential([keras.Input((4, 3)), keras.layers.LSTM(2, name="m")])
        with pytest.raises(EdgemlError, match="LSTM is not quantized after training") as caught:
            read_float(float_onnx(plain), "m.onnx", "net")
        assert "edgeml train FILE.py" in caught.value.hint

    def test_a_twin_that_qkeras_does_not_have(self) -> None:
        plain = keras.Sequential([keras.Input((4, 3)), keras.layers.LSTM(2, activation="gelu", name="m")])
        with pytest.raises(EdgemlError, match="m: the activation gelu of a recurrent layer has no quantized"):
            edgeml.quantized(plain, FORMATS)


FORMATS = Quantizers(
    inputs=Bits(bits=8, integer=2),
    weights=Bits(bits=7, integer=1),
    biases=Bits(bits=7, integer=1),
    activations=Bits(bits=8, integer=2, signed=False),
)


def test_the_twin_of_plain_layers() -> None:
    layers = keras.layers
    plain = keras.Sequential(
        [
            keras.Input((4, 3), name="x"),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True), merge_mode="ave", name="both"),
            layers.TimeDistributed(layers.Dense(4, activation="relu"), name="each"),
            layers.GRU(3, return_sequences=True, name="memory"),
            layers.SimpleRNN(5, name="last"),
            layers.Dense(2, name="logits"),
        ]
    )
    twin = edgeml.quantized(plain, FORMATS)
    names = [
        "both",
        "both.quantized",
        "each",
        "memory",
        "memory.quantized",
        "last",
        "last.quantized",
        "logits",
    ]
    assert [layer.name for layer in twin.layers][2:] == names
    x = corner_data((4, 3), 60)
    assert_same(twin, x)
    floats, codes = (np.asarray(model(np.clip(x, -2, 2))) for model in (plain, twin))
    assert np.abs(floats - codes).max() < 0.3


@pytest.mark.slow
@pytest.mark.tool
@pytest.mark.parametrize("executor", ["c", "hls4ml", "onnx", "verilog"])
def test_every_executor(executor: str) -> None:
    """Two steps: the second reads the first one's state."""
    if executor == "verilog" and verilator.missing():
        pytest.skip(verilator.missing())
    if executor in ("c", "hls4ml"):
        needs_tool("g++", "gcc")
    model = network(qkeras.QGRU(2, **GATES, **WEIGHTS, reset_after=True), steps=2)
    randomize(model)
    (row,) = edgeml.check(lower(model), corner_data((2, 3), 100), [executor]).results
    assert (row.status, row.mismatches) == ("exact", 0), row.reason
