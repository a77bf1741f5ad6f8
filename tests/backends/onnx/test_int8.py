"""The int8 baseline: valid, close to the float model, and refused for bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeml.backends.onnx.int8 import quantize_int8
from edgeml.backends.onnx.session import open_session, run_session
from edgeml.backends.qdq.runner import PRECISE
from edgeml.errors import EdgemlError


def float_model() -> bytes:
    """A convolution and a dense layer with ReLU between."""
    rng = np.random.default_rng(0)
    arrays = {
        "k": rng.normal(0, 0.3, (4, 1, 3, 3)),
        "kb": rng.normal(0, 0.1, 4),
        "w": rng.normal(0, 0.2, (144, 5)),
        "b": rng.normal(0, 0.1, 5),
    }
    nodes = [
        helper.make_node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["t", "k", "kb"], ["c"], kernel_shape=[3, 3]),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("Flatten", ["r"], ["f"]),
        helper.make_node("Gemm", ["f", "w", "b"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "float",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 8, 8, 1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 5])],
        [numpy_helper.from_array(values.astype(np.float32), name) for name, values in arrays.items()],
    )
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7
    ).SerializeToString()


def samples(count: int) -> np.ndarray:
    return np.random.default_rng(1).random((count, 8, 8, 1)).astype(np.float32)


def outputs(model: bytes, x: np.ndarray) -> np.ndarray:
    session = open_session(model, "model", config=PRECISE)  # the same on every processor
    return run_session(session, ["y"], {"x": x}, "model")[0]


def test_int8_is_close_to_float_and_repeatable(tmp_path: Path) -> None:
    model, x = float_model(), samples(700)
    quantized = quantize_int8(model, x)
    assert quantized == quantize_int8(model, x)
    loaded = onnx.load_from_string(quantized)
    assert {"QuantizeLinear", "DequantizeLinear"} <= {node.op_type for node in loaded.graph.node}
    weights = [tensor for tensor in loaded.graph.initializer if tensor.data_type == TensorProto.INT8]
    assert {tuple(tensor.dims) for tensor in weights} >= {(4, 1, 3, 3), (144, 5)}
    path = tmp_path / "int8.onnx"
    path.write_bytes(quantized)
    plain, coarse = outputs(model, x), outputs(path.read_bytes(), x)
    assert plain.shape == coarse.shape == (700, 5)
    error = np.abs(plain - coarse).max() / np.abs(plain).max()
    assert 0 < error < 0.05


def test_scales_are_per_channel() -> None:
    loaded = onnx.load_from_string(quantize_int8(float_model(), samples(64)))
    sizes = {tensor.dims[0] for tensor in loaded.graph.initializer if "scale" in tensor.name and tensor.dims}
    assert {4, 5} <= sizes


def test_bad_input(tmp_path: Path) -> None:
    with pytest.raises(EdgemlError, match="no samples"):
        quantize_int8(float_model(), samples(0))
    with pytest.raises(EdgemlError, match="ONNX Runtime"):
        quantize_int8(float_model(), np.zeros((4, 7, 8, 1)))
    with pytest.raises(EdgemlError, match="no such float ONNX model"):
        quantize_int8(tmp_path / "none.onnx", samples(4))
    with pytest.raises(EdgemlError, match="ONNX Runtime"):
        quantize_int8(b"not a model", samples(1))
