"""Float models of other precisions: read as float32, their numbers kept."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeml.ptq.single import in_float32
from edgeml.ptq.source import read_float

KINDS = (TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.DOUBLE)
FIRST, SECOND = (
    np.ldexp(np.random.default_rng(3).integers(-99, 100, shape), -7) for shape in ((6, 5), (5, 3))
)
"""Numbers of eight bits, which every float holds."""


def model(kind: int, within: bool = False) -> onnx.ModelProto:
    """Two products; `within` a model of float32 ends casts lead to the other type and back."""
    node, info = helper.make_node, helper.make_tensor_value_info
    first, second = ("v", "w") if within else ("x", "y")
    nodes = [
        node("MatMul", [first, "a"], ["s"]),
        node("Relu", ["s"], ["r"]),
        node("MatMul", ["r", "b"], [second]),
    ]
    if within:
        ends = node("Cast", ["x"], ["v"], to=kind), node("Cast", ["w"], ["y"], to=TensorProto.FLOAT)
        nodes = [ends[0], *nodes, ends[1]]
    constants = [
        helper.make_tensor(name, kind, values.shape, values.ravel().tolist())
        for name, values in (("a", FIRST), ("b", SECOND))
    ]
    outer = TensorProto.FLOAT if within else kind
    ports = [info("x", outer, ["n", 6])], [info("y", outer, ["n", 3])]
    graph = helper.make_graph(nodes, "net", *ports, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_the_network_is_that_of_float32(kind: int, within: bool) -> None:
    net = read_float(model(kind, within).SerializeToString(), "net.onnx", "net")
    assert [node.op_type for node in net.nodes if node.op_type != "Add"] == ["MatMul", "Relu", "MatMul"]
    weights = [net.constants[layer.weights] for layer in net.layers]
    np.testing.assert_array_equal(weights[0], FIRST.astype(np.float32))
    np.testing.assert_array_equal(weights[1], SECOND.astype(np.float32))


def test_a_model_of_float32_stays_the_same_object() -> None:
    plain = in_float32(model(TensorProto.DOUBLE))
    assert in_float32(plain) is plain
    assert {numpy_helper.to_array(tensor).dtype for tensor in plain.graph.initializer} == {
        np.dtype(np.float32)
    }
