"""The one writer of ONNX models: names, constants, ports, and what it refuses to write."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from edgeml import onnx_model
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.onnx_model import OnnxPort, OnnxVersion, OnnxWriter

VERSION = OnnxVersion(13, 7)
X = [OnnxPort("x", ("batch", 2))]


def finished(writer: OnnxWriter, *outputs: str, **options) -> onnx.ModelProto:
    ports = [OnnxPort(name, ("batch", 2)) for name in outputs]
    model = writer.finish("g", X, ports, options.pop("version", VERSION), **options)
    onnx.checker.check_model(model, full_check=True)
    return model


def run(model: onnx.ModelProto, x: list[float]) -> list[list[float]]:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return [y.tolist()[0] for y in session.run(None, {"x": np.array([x], np.float32)})]


def test_a_model_is_what_was_written():
    writer = OnnxWriter()
    low = writer.constant(np.array(-1, np.float32), "low")
    writer.node("Clip", ["x", low, ""], "clipped")
    writer.node("Transpose", ["clipped"], "turned", perm=(1, 0))
    writer.node("Transpose", ["turned"], "y", perm=(1, 0))
    model = finished(writer, "y", metadata={"b": "1", "a": "2"}, doc="words")
    assert (model.ir_version, model.producer_name, model.doc_string) == (7, "edgeml", "words")
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 13)]
    assert [(entry.key, entry.value) for entry in model.metadata_props] == [("b", "1"), ("a", "2")]
    assert [node.name for node in model.graph.node] == ["clipped", "turned", "y"]
    assert list(model.graph.node[0].input) == ["x", "low", ""]
    assert [dim.dim_param or dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim] == [
        "batch",
        2,
    ]
    assert not model.graph.value_info
    assert run(model, [-3, 4]) == [[-1, 4]]


def test_the_bytes_do_not_depend_on_the_order_of_attributes():
    def content(**attributes: Any) -> bytes:
        writer = OnnxWriter()
        writer.node("Softmax", ["x"], "y", **attributes)
        writer.node("ArgMax", ["y"], "index", **attributes)
        return writer.finish("g", X, [OnnxPort("y", (1, 2))], VERSION).SerializeToString()

    assert content(axis=1, keepdims=0) == content(keepdims=0, axis=1)


def test_names_are_made_unique_with_the_separator():
    writer = OnnxWriter("#")
    assert [writer.unique("a") for _ in range(3)] == ["a", "a#2", "a#3"]
    assert writer.unique("b#2") == "b#2"
    assert [writer.unique("b") for _ in range(2)] == ["b", "b#3"]
    assert [writer.new_node("Relu", ["x"], "a") for _ in range(2)] == ["a#4", "a#5"]


def test_equal_constants_are_shared_and_minus_zero_is_zero():
    writer = OnnxWriter()
    first = writer.shared_constant(np.array([0.0, 1.0], np.float32), "c")
    assert writer.shared_constant(np.array([-0.0, 1.0], np.float32), "other") == first == "c"
    assert writer.shared_constant(np.array([0.0, 1.0], np.float64), "c") == "c_2"
    assert writer.shared_constant(np.array([[0.0, 1.0]], np.float32), "c") == "c_3"
    assert writer.size == (0, 3)


def test_renaming_happens_all_at_once():
    """a and b change places; the constant c, whose name is wanted, makes room."""
    writer = OnnxWriter()
    writer.constant(np.array([10, 20], np.float32), "c")
    writer.node("Neg", ["x"], "a")
    writer.node("Add", ["a", "c"], "b")
    writer.rename({"a": "b", "b": "c", "c": "d", "nothing": "z"})
    model = finished(writer, "c", "b")
    assert [(node.name, list(node.input), list(node.output)) for node in model.graph.node] == [
        ("b", ["x"], ["b"]),
        ("c", ["b", "d"], ["c"]),
    ]
    assert run(model, [1, 2]) == [[9, 18], [-1, -2]]


@pytest.mark.parametrize("again", ["node", "constant"])
def test_a_tensor_is_given_once(again):
    writer = OnnxWriter()
    writer.node("Relu", ["x"], "y")
    with pytest.raises(ValueError, match="two nodes or constants give the tensor y"):
        writer.node("Relu", ["x"], "y") if again == "node" else writer.constant(np.zeros(1), "y")


def test_a_tensor_that_nothing_gives_is_an_error():
    writer = OnnxWriter()
    writer.node("Add", ["x", "z"], "y")
    with pytest.raises(ValueError, match="nothing gives the tensor z"):
        finished(writer, "y")


def test_other_domains_and_double_ports():
    writer = OnnxWriter()
    writer.node("Quant", ["x", "x", "x", "x"], "y", "qonnx.custom_op.general", signed=1)
    ports = [OnnxPort("y", (1, 2), double=True)]
    model = writer.finish("g", X, ports, OnnxVersion(13, 7, (("qonnx.custom_op.general", 1),)))
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [
        ("", 13),
        ("qonnx.custom_op.general", 1),
    ]
    assert model.graph.node[0].domain == "qonnx.custom_op.general"
    assert model.graph.output[0].type.tensor_type.elem_type == onnx.TensorProto.DOUBLE


def test_a_missing_package_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setattr(onnx_model, "find_spec", lambda name: None if name == "onnx_ir" else object())
    assert onnx_model.missing_onnx().startswith("onnx_ir not installed (")
    with pytest.raises(MissingToolError, match="onnx_ir not installed"):
        OnnxWriter()


def test_a_written_model_is_read_again_with_its_metadata():
    writer = OnnxWriter()
    writer.node("Relu", ["x"], "y")
    model = finished(writer, "y", metadata={"b": "1", "a": "2"})
    read = onnx_model.parse_onnx(model.SerializeToString(), "a.onnx")
    assert read == model
    assert onnx_model.metadata_of(read) == {"b": "1", "a": "2"}


def test_bytes_that_are_no_model_are_one_error():
    with pytest.raises(EdgemlError, match=r"a\.onnx: is not a readable ONNX model .*\(export it again\)"):
        onnx_model.parse_onnx(b"\xff\xff\xff", "a.onnx")
