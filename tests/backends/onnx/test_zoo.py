"""Every graph of the zoo: the file is valid ONNX and gives the graph's integers, inner values included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from edgeml.backends.onnx import BACKEND
from edgeml.backends.onnx.emulator import Emulator
from edgeml.backends.onnx.lowering import EMITTERS, VERSION, output_tensor, plan_of
from edgeml.errors import EdgemlError
from edgeml.fixed import to_float
from edgeml.ir import Composite, Graph, evaluate, evaluate_codes, ops
from tests.zoo import codes, zoo

GRAPHS = zoo()
REFUSED = {"beyond_float"}


def graphs() -> list[str]:
    return sorted(set(GRAPHS) - REFUSED)


def refused(graph: Graph) -> bool:
    return bool(BACKEND.refusals(graph, BACKEND.options({})))


def test_only_what_float64_cannot_hold_is_refused() -> None:
    assert {name for name, graph in GRAPHS.items() if refused(graph)} == REFUSED


def test_every_core_op_has_an_emitter() -> None:
    core = {name for name in ops.names() if not issubclass(ops.load(name), Composite)}
    assert set(EMITTERS.names()) == core - {"const"}
    for op in EMITTERS.names():
        for name in ("emit", "result_unit", "input_unit"):
            EMITTERS.function(op, name, "...")


@pytest.mark.parametrize("name", graphs())
def test_emulator_equals_the_reference(name: str) -> None:
    graph = GRAPHS[name]
    inputs = codes(graph, 64, seed=1)
    expected = evaluate_codes(graph, inputs)
    got = Emulator(graph, threads=1).predict_codes(inputs)
    assert set(got) == set(expected)
    for output, values in expected.items():
        np.testing.assert_array_equal(got[output], values, err_msg=output)


@pytest.mark.parametrize("name", graphs())
def test_floats_are_quantized_as_the_reference_does(name: str) -> None:
    graph = GRAPHS[name]
    rng = np.random.default_rng(2)
    x = {}
    for port in graph.inputs:
        info = graph.info(port)
        span = np.ldexp(
            np.maximum(np.abs(info.lo), np.abs(info.hi)).astype(float), -np.asarray(info.type.frac)
        )
        x[port] = (rng.uniform(-1.5, 1.5, (40, *info.shape)) * span).astype(np.float32)
    expected: Any
    got: Any
    expected, got = evaluate(graph, x), Emulator(graph, threads=1).predict(x)
    if len(set(graph.outputs)) == 1:
        expected, got = {"y": expected}, {"y": got}
    for output, values in expected.items():
        assert got[output].dtype == np.float64
        np.testing.assert_array_equal(got[output], values, err_msg=output)


@pytest.mark.parametrize("name", graphs())
def test_file_runs_with_its_inner_values(name: str, tmp_path: Path) -> None:
    graph = GRAPHS[name]
    inputs = codes(graph, 24, seed=3)
    BACKEND.emit(graph).write(tmp_path)
    inner = [node.name for node in graph.nodes if node.inputs]
    expected = evaluate_codes(graph, inputs, [*graph.outputs, *inner])
    (runner,) = BACKEND.runners()
    got = runner.run_codes(tmp_path, graph, inputs, inner)
    assert set(graph.outputs) <= set(got)
    for value, found in got.items():
        np.testing.assert_array_equal(found, expected[value], err_msg=value)


@pytest.mark.parametrize("name", graphs())
def test_file_is_valid_standard_onnx(name: str) -> None:
    graph = GRAPHS[name]
    content = BACKEND.emit(graph)["exact.onnx"]
    assert content == BACKEND.emit(graph)["exact.onnx"]
    model = onnx.load_from_string(content)
    onnx.checker.check_model(model, full_check=True)
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", VERSION.opset)]
    assert model.ir_version == VERSION.ir_version <= 13
    assert {node.domain for node in model.graph.node} <= {""}
    assert model.producer_name == "edgeml"
    assert {entry.key: entry.value for entry in model.metadata_props}["edgeml.graph"] == graph.digest
    assert [port.name for port in model.graph.input] == list(graph.inputs)
    expected = [output_tensor(graph, output) for output in dict.fromkeys(graph.outputs)]
    assert [port.name for port in model.graph.output] == expected
    for port, output in zip(model.graph.output, dict.fromkeys(graph.outputs), strict=True):
        dims = tuple(dim.dim_value for dim in port.type.tensor_type.shape.dim)
        assert dims[1:] == graph.info(output).shape


@pytest.mark.parametrize(
    ("level", "threads"),
    [
        ("ORT_DISABLE_ALL", 1),
        ("ORT_ENABLE_ALL", 2),
        *(
            pytest.param(level, threads, marks=pytest.mark.slow)
            for level, threads in (
                ("ORT_DISABLE_ALL", 2),
                ("ORT_ENABLE_BASIC", 1),
                ("ORT_ENABLE_BASIC", 2),
                ("ORT_ENABLE_EXTENDED", 1),
                ("ORT_ENABLE_EXTENDED", 2),
                ("ORT_ENABLE_ALL", 1),
            )
        ),
    ],
)
def test_optimizations_and_threads_change_no_integer(level: str, threads: int) -> None:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
    options.intra_op_num_threads = threads
    for name in graphs():
        graph = GRAPHS[name]
        plan, inputs = plan_of(graph), codes(graph, 40, seed=4)
        session = onnxruntime.InferenceSession(
            BACKEND.emit(graph)["exact.onnx"], options, providers=["CPUExecutionProvider"]
        )
        feeds = {
            port: to_float(inputs[port], graph.info(port).type.frac).astype(
                np.float64 if port in plan.wide else np.float32
            )
            for port in graph.inputs
        }
        outputs = tuple(dict.fromkeys(graph.outputs))
        found = session.run([output_tensor(graph, output) for output in outputs], feeds)
        expected = evaluate_codes(graph, inputs)
        for output, values in zip(outputs, found, strict=True):
            exact = to_float(expected[output], graph.info(output).type.frac)
            np.testing.assert_array_equal(values, exact, err_msg=f"{name} {output}")


def test_a_refused_graph_is_refused_by_name_before_anything_is_written() -> None:
    graph = GRAPHS["beyond_float"]
    (refusal, *_) = BACKEND.refusals(graph, BACKEND.options({}))
    assert refusal.node == "product"
    assert refusal.op == "mul"
    assert "58 bits" in refusal.reason
    for attempt in (lambda: BACKEND.emit(graph), lambda: Emulator(graph)):
        with pytest.raises(EdgemlError, match=r"product.*58 bits"):
            attempt()


def test_unknown_options_are_refused() -> None:
    with pytest.raises(EdgemlError, match="precision"):
        BACKEND.options({"precision": "float16"})
