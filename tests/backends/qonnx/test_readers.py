"""Other readers of the file: the conventions of FINN and hls4ml, and changes that must be seen."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from edgeml.backends.qonnx import BACKEND
from edgeml.backends.qonnx.model import DOMAIN
from edgeml.backends.qonnx.runner import QonnxRunner, load_model
from edgeml.errors import MissingToolError
from edgeml.fixed import to_float
from edgeml.ir import Graph, evaluate, evaluate_codes
from tests.backends.qonnx.test_qonnx import EMITTED, GRAPHS
from tests.support import needs_tool
from tests.zoo import codes

pytest.importorskip("qonnx", reason="qonnx is not installed")


def emitted(graph: Graph) -> Any:
    return load_model(BACKEND.emit(graph)["qonnx.onnx"], graph.name)


@pytest.mark.parametrize("name", EMITTED)
def test_parameters_are_as_finn_and_hls4ml_expect(name: str) -> None:
    """Parameters are initializers, width and zero point scalars; weights are Quants of initializers."""
    model = emitted(GRAPHS[name])
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    quants = {node.output[0]: node for node in model.graph.node if node.op_type == "Quant"}
    assert quants
    for node in quants.values():
        scale, zero, width = (constants[parameter] for parameter in node.input[1:])
        assert np.all(np.frexp(scale)[0] == 0.5)
        assert zero.shape == width.shape == ()
        assert zero == 0
        assert 1 <= width == int(width)
        attributes = {entry.name: onnx.helper.get_attribute_value(entry) for entry in node.attribute}
        assert set(attributes) == {"signed", "narrow", "rounding_mode"}
        assert not (attributes["signed"] and width == 1)
    for node in model.graph.node:
        if node.op_type in ("MatMul", "Conv"):
            assert all(quants[weight].input[0] in constants for weight in node.input[1:])
    shapes = [[dim.dim_value for dim in port.type.tensor_type.shape.dim] for port in model.graph.input]
    assert shapes == [[1, *GRAPHS[name].info(port).shape] for port in GRAPHS[name].inputs]


def test_an_image_is_transposed_once_and_never_back() -> None:
    kinds = [node.op_type for node in emitted(GRAPHS["conv_padding"]).graph.node]
    assert kinds.count("Transpose") == 2  # the output is an image again
    kinds = [node.op_type for node in emitted(GRAPHS["cnn_2d"]).graph.node]
    assert kinds.count("Transpose") == 0  # one channel: a Reshape; flattened: the weights are reordered


def _scale(node: Any, constants: dict[str, Any]) -> None:
    tensor = constants[node.input[1]]
    tensor.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor) * 2, tensor.name))


def _bitwidth(node: Any, constants: dict[str, Any]) -> None:
    tensor = constants[node.input[3]]
    tensor.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor) - 1, tensor.name))


def _rounding(node: Any, constants: dict[str, Any]) -> None:
    del constants
    next(entry for entry in node.attribute if entry.name == "rounding_mode").s = b"FLOOR"


def _weight(node: Any, constants: dict[str, Any]) -> None:
    del node
    tensor = constants["fc2.weight_float"]
    values = onnx.numpy_helper.to_array(tensor).copy()
    values.flat[np.abs(values).argmax()] *= -1 / 2
    tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))


@pytest.mark.parametrize("change", [_scale, _bitwidth, _rounding, _weight])
def test_one_altered_parameter_is_seen(change: Callable[[Any, dict[str, Any]], None], tmp_path: Path) -> None:
    graph, name = GRAPHS["mlp"], "act2"
    inputs = codes(graph, 64, seed=8)
    BACKEND.emit(graph).write(tmp_path)
    expected = evaluate_codes(graph, inputs, [*graph.outputs, name])
    right = QonnxRunner().run_codes(tmp_path, graph, inputs, [name])
    assert all(np.array_equal(right[key], expected[key]) for key in (*graph.outputs, name))
    model = onnx.load(tmp_path / "qonnx.onnx")
    node = next(node for node in model.graph.node if node.name == name)
    change(node, {tensor.name: tensor for tensor in model.graph.initializer})
    onnx.save(model, tmp_path / "qonnx.onnx")
    wrong = QonnxRunner().run_codes(tmp_path, graph, inputs, [name])
    assert not np.array_equal(wrong[name], expected[name])
    assert not np.array_equal(wrong[graph.outputs[0]], expected[graph.outputs[0]])


def test_running_is_silent(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    graph = GRAPHS["cnn_2d"]
    BACKEND.emit(graph).write(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        QonnxRunner().run_codes(tmp_path, graph, codes(graph, 5))
    assert capfd.readouterr() == ("", "")


def test_without_the_package_nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgeml.backends.qonnx.runner.find_spec", lambda name: None)
    graph = GRAPHS["mlp"]
    assert "qonnx" in QonnxRunner().available()
    with pytest.raises(MissingToolError, match="not installed"):
        QonnxRunner().run_codes(tmp_path, graph, codes(graph, 2))


@pytest.mark.slow
@pytest.mark.tool
@pytest.mark.filterwarnings("default")  # hls4ml and qonnx warn about themselves
@pytest.mark.parametrize("name", ["mlp", "cnn_2d"])
def test_hls4ml_compiles_it_to_the_same_integers(name: str, tmp_path: Path) -> None:
    """hls4ml's own QONNX front end and C simulation, on the file as its users would prepare it."""
    hls4ml = pytest.importorskip("hls4ml", reason="hls4ml is not installed")
    needs_tool("g++")
    from qonnx.core import onnx_exec
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.transformation.channels_last import ConvertToChannelsLastAndClean
    from qonnx.util.cleanup import cleanup_model

    graph = GRAPHS[name]
    original = onnx_exec.qonnx_make_model
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()):
        patch.setattr(onnx_exec, "qonnx_make_model", lambda *a, **k: original(*a, **{**k, "ir_version": 7}))
        model = cleanup_model(ModelWrapper(emitted(graph)))
        if len(graph.info(graph.inputs[0]).shape) > 1:
            model = cleanup_model(model.transform(ConvertToChannelsLastAndClean()))
        config = hls4ml.utils.config.config_from_onnx_model(
            model, granularity="name", backend="Vitis", default_precision="fixed<32,16>"
        )
        project = hls4ml.converters.convert_from_onnx_model(
            model, output_dir=str(tmp_path), io_type="io_parallel", backend="Vitis", hls_config=config
        )
        project.compile()
        inputs = codes(graph, 20, seed=9)[graph.inputs[0]]
        x = to_float(inputs, graph.info(graph.inputs[0]).type.frac).astype(np.float32)
        got = project.predict(np.ascontiguousarray(x))
    expected = evaluate(graph, x)
    np.testing.assert_array_equal(got.reshape(expected.shape), expected)
    assert DOMAIN in {node.domain for node in model.graph.node}
