"""QONNX: what is emitted is executed exactly by the qonnx package, the rest is refused by name."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeml.backends.qonnx import BACKEND
from edgeml.backends.qonnx.lowering import EMITTERS
from edgeml.backends.qonnx.model import DOMAIN
from edgeml.backends.qonnx.runner import QonnxRunner, execute, load_model
from edgeml.errors import EdgemlError
from edgeml.fixed import NO_CODE, FixedType, Overflow, Round, to_float
from edgeml.ir import Builder, Composite, Graph, evaluate, evaluate_codes, ops
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.input import Input
from tests.strategies import graph_codes, graphs
from tests.zoo import codes, zoo

pytest.importorskip("qonnx", reason="qonnx is not installed")

GRAPHS = zoo()
OPTIONS = BACKEND.options({})


def why(name: str) -> str:
    """The first refusal of a zoo graph as "node: reason"; empty if there is none."""
    refusals = BACKEND.refusals(GRAPHS[name], OPTIONS)
    return f"{refusals[0].node}: {refusals[0].reason}" if refusals else ""


EMITTED = sorted(name for name in GRAPHS if not why(name))
REFUSED = sorted(set(GRAPHS) - set(EMITTED))


def run(graph: Graph, inputs: dict[str, Any], folder: Path, keep: tuple[str, ...] = ()) -> dict[str, Any]:
    BACKEND.emit(graph).write(folder)
    return QonnxRunner().run_codes(folder, graph, inputs, keep)


def test_every_core_op_has_an_emitter() -> None:
    core = {name for name in ops.names() if not issubclass(ops.load(name), Composite)}
    assert set(EMITTERS.names()) == core - {"const"}
    for op in EMITTERS.names():
        for name in ("emit", "exponents"):
            EMITTERS.function(op, name, "...")


@pytest.mark.parametrize("name", EMITTED)
def test_every_value_equals_the_reference(name: str, tmp_path: Path) -> None:
    graph = GRAPHS[name]
    inputs = codes(graph, 20, seed=5)
    inner = tuple(node.name for node in graph.nodes if node.inputs)
    expected = evaluate_codes(graph, inputs, [*graph.outputs, *inner])
    got = run(graph, inputs, tmp_path, inner)
    assert set(graph.outputs) <= set(got)
    assert len(got) >= len(inner) // 2
    for value, found in got.items():
        np.testing.assert_array_equal(found, expected[value], err_msg=value)


@pytest.mark.parametrize("name", EMITTED)
def test_file_is_valid(name: str) -> None:
    graph = GRAPHS[name]
    content = BACKEND.emit(graph)["qonnx.onnx"]
    assert content == BACKEND.emit(graph)["qonnx.onnx"]
    model = onnx.load_from_string(content)
    onnx.checker.check_model(model)
    assert {entry.domain for entry in model.opset_import} == {"", DOMAIN}
    assert model.ir_version <= 13
    assert {node.domain for node in model.graph.node} <= {"", DOMAIN}
    assert all(node.op_type == "Quant" for node in model.graph.node if node.domain)
    assert [port.name for port in model.graph.input] == list(graph.inputs)
    expected = [f"{name}_quant" if name in graph.inputs else name for name in graph.outputs]
    assert [port.name for port in model.graph.output] == expected


@pytest.mark.parametrize("name", EMITTED)
def test_the_cleanup_of_qonnx_accepts_it_and_changes_no_integer(name: str) -> None:
    """cleanup_model infers shapes, folds constants and renames; FINN and hls4ml users run it first."""
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.util.cleanup import cleanup_model

    graph = GRAPHS[name]
    clean = cleanup_model(ModelWrapper(load_model(BACKEND.emit(graph)["qonnx.onnx"], name)))
    inputs = {key: values[-1:] for key, values in codes(graph, 12, seed=6).items()}  # a random sample
    feeds = {
        port.name: to_float(inputs[key], graph.info(key).type.frac).astype(np.float32)
        for key, port in zip(graph.inputs, clean.model.graph.input, strict=True)
    }
    context, expected = execute(clean.model, feeds, name), evaluate_codes(graph, inputs)
    for key, port in zip(graph.outputs, clean.model.graph.output, strict=True):
        np.testing.assert_array_equal(context[port.name], to_float(expected[key], graph.info(key).type.frac))
    kinds = [node.op_type for node in clean.model.graph.node]
    assert kinds.count("Quant") == [
        node.op_type for node in onnx.load_from_string(BACKEND.emit(graph)["qonnx.onnx"]).graph.node
    ].count("Quant")


def test_the_datatypes_qonnx_infers_are_those_of_the_graph() -> None:
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.transformation.infer_datatypes import InferDataTypes
    from qonnx.transformation.infer_shapes import InferShapes

    wrapper = ModelWrapper(load_model(BACKEND.emit(GRAPHS["mlp"])["qonnx.onnx"], "mlp"))
    wrapper = wrapper.transform(InferShapes()).transform(InferDataTypes(allow_scaledint_dtypes=True))
    assert wrapper.get_tensor_datatype("fc1.weight").name == "SCALEDINT<6>"
    assert wrapper.get_tensor_datatype("act2").name == "SCALEDINT<6>"
    assert wrapper.get_tensor_shape("fc2") == [1, 8]


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_names_the_op_and_nothing_is_emitted(name: str) -> None:
    node = why(name).split(":")[0]
    with pytest.raises(EdgemlError, match=node):
        BACKEND.emit(GRAPHS[name])


def test_reasons() -> None:
    assert "WRAP" in why("overflow_wrap")
    assert "SAT_ZERO" in why("overflow_sat_zero")
    assert "26 bits" in why("wide_products")
    assert "29 bits" in why("beyond_float")
    assert len(REFUSED) < 12


@pytest.mark.parametrize(("rounding", "overflow"), list(itertools.product(Round, Overflow)))
def test_modes_are_exact_or_refused(rounding: Round, overflow: Overflow, tmp_path: Path) -> None:
    expressible = overflow in (Overflow.SAT, Overflow.SAT_SYM)
    build = Builder("modes")
    x = build.input((256,), FixedType(True, 8, 4))
    graph = build.graph(build.add(Cast(FixedType(True, 4, 1), rounding, overflow), x, name="act"))
    assert bool(BACKEND.refusals(graph, OPTIONS)) is not expressible
    if expressible:
        inputs = {x: np.arange(-128, 128)[np.newaxis]}
        np.testing.assert_array_equal(
            run(graph, inputs, tmp_path)["act"], evaluate_codes(graph, inputs)["act"]
        )


def test_a_mode_that_never_acts_is_no_reason_to_refuse(tmp_path: Path) -> None:
    build = Builder("idle")
    x = build.input((16,), FixedType(True, 4, 1))
    graph = build.graph(build.cast(x, FixedType(True, 6, 2), Round.RND, Overflow.WRAP, name="act"))
    inputs = {x: np.arange(-8, 8)[np.newaxis]}
    np.testing.assert_array_equal(run(graph, inputs, tmp_path)["act"], evaluate_codes(graph, inputs)["act"])


@pytest.mark.parametrize("rounding", list(Round))
def test_arbitrary_floats_are_quantized_as_the_reference_does(rounding: Round) -> None:
    build = Builder("floats")
    type = FixedType(True, 6, 3)
    graph = build.graph(build.cast(build.add(Input((800,), type, rounding), name="x"), type, name="act"))
    rng = np.random.default_rng(0)
    halves = (np.arange(-100, 100) / 16).astype(np.float32)
    sides = [np.nextafter(halves, np.float32(end)) for end in (-np.inf, np.inf)]
    x = np.concatenate([halves, *sides, rng.normal(0, 3, 200).astype(np.float32)])[np.newaxis]
    context = execute(load_model(BACKEND.emit(graph)["qonnx.onnx"], "floats"), {"x": x}, "floats")
    np.testing.assert_array_equal(context["act"], evaluate(graph, x))


def test_the_file_decides_and_a_fraction_of_an_lsb_is_no_code(tmp_path: Path) -> None:
    graph = GRAPHS["mlp"]
    inputs = codes(graph, 300, seed=7)
    right = run(graph, inputs, tmp_path)
    assert right["fc3"].shape[0] == 300  # more than one batch
    path = tmp_path / "qonnx.onnx"
    for change, sentinel in ((np.float32(2.0**-5), False), (np.float32(2.0**-40), True)):
        BACKEND.emit(graph).write(tmp_path)
        model = onnx.load(path)
        node = next(node for node in model.graph.node if node.name == "fc3")
        bias = np.zeros((1, 5), np.float32)
        bias[0, 2] = change
        model.graph.initializer.append(onnx.numpy_helper.from_array(bias, "nudge"))
        node.output[0] = "before"
        model.graph.node.append(onnx.helper.make_node("Add", ["before", "nudge"], ["fc3"]))
        onnx.save(model, path)
        got = QonnxRunner().run_codes(tmp_path, graph, inputs)["fc3"]
        apart = got != right["fc3"]
        assert apart[:, [0, 1, 3, 4]].sum() == 0
        assert apart[:, 2].all() if not sentinel else np.all((got[:, 2] == NO_CODE) == apart[:, 2])


def test_broken_files_are_one_error(tmp_path: Path) -> None:
    graph, runner = GRAPHS["mlp"], QonnxRunner()
    inputs = codes(graph, 4)
    with pytest.raises(EdgemlError, match="no such QONNX model"):
        runner.run_codes(tmp_path, graph, inputs)
    BACKEND.emit(graph).write(tmp_path)
    path = tmp_path / "qonnx.onnx"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(EdgemlError, match="not a (valid|readable) ONNX model"):
        runner.run_codes(tmp_path, graph, inputs)
    path.write_bytes(content)
    with pytest.raises(EdgemlError, match="where the graph has"):
        runner.run_codes(tmp_path, GRAPHS["cnn_2d"], codes(GRAPHS["cnn_2d"], 4))
    model = onnx.load(path)
    next(node for node in model.graph.node if node.op_type == "MatMul").op_type = "NoSuchOp"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(EdgemlError, match=r"NoSuchOp|not a valid"):
        runner.run_codes(tmp_path, graph, inputs)


def test_the_patch_of_the_package_is_undone() -> None:
    from qonnx.core import onnx_exec

    before = onnx_exec.qonnx_make_model
    graph = GRAPHS["relu"]
    model = load_model(BACKEND.emit(graph)["qonnx.onnx"], "relu")
    with pytest.raises(EdgemlError):
        execute(
            model, {"input": np.zeros((3, 99), np.float32), "other": np.zeros((3, 1), np.float32)}, "relu"
        )
    assert onnx_exec.qonnx_make_model is before


@settings(max_examples=30, suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large))
@given(
    graph=graphs(
        overflows=(Overflow.SAT, Overflow.SAT_SYM),
        max_width=8,
        max_nodes=5,
    ),
    data=st.data(),
)
def test_random_graphs(graph: Graph, data: st.DataObject) -> None:
    if BACKEND.refusals(graph, OPTIONS):
        return
    inputs = data.draw(graph_codes(graph))
    expected = evaluate_codes(graph, inputs)
    model = load_model(BACKEND.emit(graph)["qonnx.onnx"], graph.name)
    feeds = {
        name: to_float(values, graph.info(name).type.frac).astype(np.float32)
        for name, values in inputs.items()
    }
    context = execute(model, feeds, graph.name)
    for name, values in expected.items():
        found = context[name]
        np.testing.assert_array_equal(
            found, to_float(values, graph.info(name).type.frac), err_msg=f"{name}\n{graph}"
        )


@pytest.mark.parametrize("name", ["mlp", "passed_through"])
def test_the_metadata_has_the_digest_of_the_graph_as_the_user_has_it(name: str) -> None:
    model = onnx.load_from_string(BACKEND.emit(GRAPHS[name])["qonnx.onnx"])
    assert {entry.key: entry.value for entry in model.metadata_props}["edgeml.graph"] == GRAPHS[name].digest
