"""Float models are read so that the network computes what the file computes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeml.backends.onnx.session import open_session, run_session
from edgeml.errors import EdgemlError
from edgeml.keras.float_onnx import float_onnx
from edgeml.onnx_model import OnnxPort, OnnxWriter
from edgeml.ptq.source import read_float
from edgeml.ptq.tensors import TensorRunner
from tests.ptq import nets


def test_batch_norm_is_folded_and_channels_come_last() -> None:
    net = nets.residual()
    assert net.shape == (6, 6, 2)
    assert "BatchNormalization" not in {node.op_type for node in net.nodes}
    assert [layer.name for layer in net.layers] == ["net_conv1", "conv2", "fc"]
    x = np.random.default_rng(0).normal(size=(7, 6, 6, 2)).astype(np.float32)
    (ours,) = TensorRunner(net.model(), "").run(x, tuple(net.outputs))
    session = open_session(nets.residual_model(), "")
    (theirs,) = run_session(session, ["fc"], {"image": x.transpose(0, 3, 1, 2)}, "")
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_every_layer_has_a_bias_of_its_own() -> None:
    net = nets.mlp()
    assert [(layer.op_type, layer.axis, net.constants[layer.bias].size) for layer in net.layers] == [
        ("Gemm", 1, 8),
        ("Gemm", 1, 3),
    ]
    assert net.constants[net.layers[1].bias] == pytest.approx(nets.draw(4, 3))


def test_a_fixed_batch_of_one_becomes_free() -> None:
    writer = OnnxWriter()
    writer.node("Reshape", ["x", writer.constant(np.array([1, 6], np.int64), "shape")], "flat")
    writer.node("MatMul", ["flat", writer.constant(nets.draw(1, 6, 2), "w")], "y")
    content = nets.finished(writer, [OnnxPort("x", (1, 2, 3))], [OnnxPort("y", (1, 2))])
    net = read_float(content, "x.onnx", "net")
    x = nets.draw(2, 5, 2, 3)
    (y,) = TensorRunner(net.model(), "").run(x, tuple(net.outputs))
    np.testing.assert_allclose(y, x.reshape(5, 6) @ nets.draw(1, 6, 2), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("end", ["Softmax", "Sigmoid"])
def test_a_function_at_the_end_is_left_off(end: str) -> None:
    net = read_float(nets.mlp_model(end=end), "x.onnx", "net")
    assert tuple(net.outputs.values()) == ((3,),)
    assert end not in {node.op_type for node in net.nodes}


def quantized_file() -> bytes:
    writer = OnnxWriter()
    scale, zero = (
        writer.constant(np.array(0.5, np.float32), "s"),
        writer.constant(np.zeros((), np.uint8), "z"),
    )
    writer.node("QuantizeLinear", ["x", scale, zero], "q")
    writer.node("DequantizeLinear", ["q", scale, zero], "y")
    return nets.finished(writer, [OnnxPort("x", ("batch", 2))], [OnnxPort("y", ("batch", 2))])


def two_inputs() -> bytes:
    writer = OnnxWriter()
    writer.node("Add", ["a", "b"], "y")
    return nets.finished(
        writer, [OnnxPort("a", ("n", 2)), OnnxPort("b", ("n", 2))], [OnnxPort("y", ("n", 2))]
    )


@pytest.mark.parametrize(
    ("content", "what", "hint"),
    [
        (quantized_file(), "quantized already", "edgeml import x.onnx"),
        (two_inputs(), "2 inputs", ""),
        (b"no model", "", "export it again"),
        (nets.mlp_model(batch=4), "batch of 4", "batch of one"),
    ],
)
def test_other_files_are_refused(content: bytes, what: str, hint: str) -> None:
    with pytest.raises(EdgemlError) as error:
        read_float(content, "x.onnx", "net")
    assert what in error.value.what
    assert hint in error.value.hint
    assert "x.onnx" in error.value.where


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("SimpleRNN", ("",)),
        ("LSTM", ("_gates", "_output", "_candidate")),
        ("GRU", ("_gates", "_candidate", "_candidate_past")),
    ],
)
def test_recurrent_layers_of_keras_are_unrolled(kind: str, parts: tuple[str, ...], tmp_path: Path) -> None:
    model = nets.recurrent_model(kind, steps=2)
    model.save(tmp_path / "net.keras")
    net = read_float((tmp_path / "net.keras").read_bytes(), "net.keras", "net")
    first = [f"cell_t0{part}" for part in parts if "past" not in part]
    assert {layer.name for layer in net.layers} == {*first, *(f"cell_t1{part}" for part in parts), "out"}
    x = np.random.default_rng(0).normal(size=(7, 2, 3)).astype(np.float32)
    (ours,) = TensorRunner(net.model(), "").run(x, tuple(net.outputs))
    np.testing.assert_allclose(ours, np.asarray(model(x)), rtol=1e-4, atol=1e-5)


def test_a_recurrent_node_of_onnx_is_refused_with_what_works() -> None:
    content = float_onnx(nets.recurrent_model("GRU"))
    with pytest.raises(EdgemlError, match="GRU is not quantized after training") as refusal:
        read_float(content, "x.onnx", "net")
    assert "as a Keras file" in refusal.value.hint
