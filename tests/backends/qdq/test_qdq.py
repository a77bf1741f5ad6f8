"""qdq.onnx: standard ops, equal integers optimized and not, integer kernels, ONNX Runtime's traps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeml import backends
from edgeml.backends.onnx.processor import keeps_pairs
from edgeml.backends.qdq import BACKEND
from edgeml.backends.qdq.runner import PRECISE
from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, FixedTypeArray, Overflow, Round, to_float
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.mat_mul import MatMul
from tests.strategies import graph_codes, graphs
from tests.zoo import codes, random_codes, zoo

DEFAULT_LEVEL = "ORT_ENABLE_ALL"
PRECISE_LEVEL = "ORT_ENABLE_ALL, as the runner opens it"
PIXEL, WEIGHT, ACTIVATION = FixedType(False, 8, 8), FixedType(True, 6, 5), FixedType(False, 6, 4)
LEVELS = ("ORT_DISABLE_ALL", DEFAULT_LEVEL, PRECISE_LEVEL)
GRAPHS = zoo()


def session(content: bytes, level: str, optimized: Path | None = None) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    if level == PRECISE_LEVEL:
        for key, value in PRECISE.items():
            options.add_session_config_entry(key, value)
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level.split(",")[0])
    options.log_severity_level, options.intra_op_num_threads = 4, 1
    if optimized is not None:
        options.optimized_model_filepath = str(optimized)
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def compare(graph: Graph, inputs: dict[str, np.ndarray], levels: tuple[str, ...] = LEVELS) -> bool:
    """False if it is refused; every output is the value at every level of optimization."""
    if BACKEND.refusals(graph, BACKEND.options({})):
        return False
    content, expected = BACKEND.emit(graph)["qdq.onnx"], evaluate_codes(graph, inputs)
    feeds = {
        name: to_float(values, graph.info(name).type.frac).astype(np.float32)
        for name, values in inputs.items()
    }
    for level in levels:
        got = session(content, level).run(None, feeds)
        for name, values in zip(dict.fromkeys(graph.outputs), got, strict=True):
            wanted = to_float(expected[name], graph.info(name).type.frac)
            np.testing.assert_array_equal(values, wanted, err_msg=f"{level} {name}\n{graph}")
    return True


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("signed", [False, True])
def test_weights_of_eight_bits_share_no_zero_point(signed: bool, level: str) -> None:
    """ONNX Runtime that makes int8 weights uint8 did not load a model in which several shared theirs."""
    if level == DEFAULT_LEVEL and not keeps_pairs():
        pytest.skip("this processor has no VNNI: by default its kernels add two products in 16 bits")
    build, weight = Builder("eight_bits"), FixedType(True, 8, 7)
    value = build.input((10,), FixedType(signed, 8, 4), "x")
    for number, units in enumerate((16, 8, 3)):
        size = build.info(value).shape[-1]
        weights = build.const(random_codes((size, units), weight, number), weight, f"fc{number}.weight")
        value = build.add(MatMul(), value, weights, name=f"fc{number}")
        if number < 2:
            value = build.cast(value, FixedType(signed, 8, 5), name=f"act{number}")
    graph = build.graph(value)
    assert compare(graph, codes(graph), (level,))


def dense(build: Builder, x: str, name: str, units: int, frac: int = 5) -> str:
    """A dense layer with the ends of all its types among the codes."""
    rng = np.random.default_rng(units)
    size = build.info(x).shape[-1]
    weight = build.const(rng.integers(-32, 31, (size, units), endpoint=True), WEIGHT, f"{name}.weight")
    bias = build.const(rng.integers(-32, 31, (units,), endpoint=True), FixedType(True, 6, frac), f"{name}.b")
    return build.add(Add(), build.add(MatMul(), x, weight, name=f"{name}.matmul"), bias, name=name)


def mlp(bias_frac: int = 5) -> Graph:
    build = Builder("mlp")
    x = build.cast(dense(build, build.input((24,), PIXEL), "fc1", 16, bias_frac), ACTIVATION, name="act1")
    return build.graph(dense(build, x, "fc2", 5))


def test_graphs_of_the_zoo_without_optimizations() -> None:
    """The contract's test runs them optimized."""
    written = {name for name, graph in GRAPHS.items() if compare(graph, codes(graph, 12), LEVELS[:1])}
    assert len(written) > 0.9 * len(GRAPHS)


def test_standard_ops_and_scales_that_are_powers_of_two() -> None:
    for name in ("mlp", "cnn_2d"):
        model = onnx.load_from_string(BACKEND.emit(GRAPHS[name])["qdq.onnx"])
        onnx.checker.check_model(model, full_check=True)
        assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 13)]
        assert {node.domain for node in model.graph.node} == {""}
        constants = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
        pairs = [n for n in model.graph.node if n.op_type in ("QuantizeLinear", "DequantizeLinear")]
        assert pairs
        for node in pairs:
            assert np.all(np.frexp(constants[node.input[1]])[0] == 0.5)
            assert not np.any(constants[node.input[2]])


def test_dense_layers_become_integer_kernels_of_onnx_runtime(tmp_path: Path) -> None:
    session(BACKEND.emit(mlp())["qdq.onnx"], LEVELS[1], tmp_path / "optimized.onnx")
    ops = [node.op_type for node in onnx.load(tmp_path / "optimized.onnx").graph.node]
    assert ops.count("QGemm") == 2 and "Gemm" not in ops


def test_per_channel_weights_and_both_signs() -> None:
    build = Builder("channels")
    x = build.input((6, 6, 2), FixedType(True, 8, 7))
    rng = np.random.default_rng(0)
    types = FixedTypeArray(True, [8, 7, 8], [7, 3, 10])
    weight = build.const(rng.integers(-64, 63, (3, 3, 2, 3), endpoint=True), types, "w")
    product = build.add(Conv((1, 1), ((1, 1), (1, 1)), (1, 1)), x, weight)
    bias = build.const([1, -7, 5], FixedType(True, 4, 3), "b")
    graph = build.graph(build.cast(build.add(Add(), product, bias), FixedType(True, 8, 4)))
    model = onnx.load_from_string(BACKEND.emit(graph)["qdq.onnx"])
    assert any(
        tuple(t.dims) == (3,) and t.data_type == onnx.TensorProto.FLOAT for t in model.graph.initializer
    )
    assert compare(graph, codes(graph, 30))


def test_a_bias_finer_than_the_products_is_added_to_a_float() -> None:
    """ONNX Runtime takes the bias of a fused Gemm for a multiple of the products' LSB, whatever its scale."""
    graph = mlp(bias_frac=15)
    model = onnx.load_from_string(BACKEND.emit(graph)["qdq.onnx"])
    assert [n.op_type for n in model.graph.node].count("Gemm") == 1
    assert compare(graph, codes(graph, 40))


@pytest.mark.parametrize("first", [FixedType(True, 8, 6), FixedType(True, 6, 6)], ids=str)
def test_casts_in_a_row_stay_two(first: FixedType) -> None:
    """ONNX Runtime makes one pair of two with nothing between them, with another scale."""
    build = Builder("twice")
    x = build.input((300,), FixedType(True, 8, 6))
    y = build.cast(build.add(Add(), x, x), first)
    graph = build.graph(build.add(Cast(FixedType(True, 4, 2), Round.RND_CONV, Overflow.SAT), y))
    assert compare(graph, {x: np.random.default_rng(1).integers(-128, 127, (8, 300), endpoint=True)})


def test_weights_beside_a_value_of_more_than_eight_bits_are_floats(tmp_path: Path) -> None:
    """ONNX Runtime makes MatMulNBits of a float and dequantized weights, which is not exact."""
    build = Builder("wide")
    graph = build.graph(dense(build, build.input((40,), FixedType(True, 12, 6)), "fc", 8))
    session(BACKEND.emit(graph)["qdq.onnx"], LEVELS[1], tmp_path / "optimized.onnx")
    assert {n.op_type for n in onnx.load(tmp_path / "optimized.onnx").graph.node}.isdisjoint({"MatMulNBits"})
    assert compare(graph, codes(graph, 20))


def test_what_eight_bits_or_float32_cannot_say_is_refused_by_name() -> None:
    build = Builder("nine")
    x = build.input((2,), PIXEL)
    weight = build.const([[255, 1], [-256, 3]], FixedType(True, 9, 4), "w")
    graph = build.graph(build.add(MatMul(), x, weight, name="fc"))
    with pytest.raises(
        EdgemlError, match=r"qdq cannot express this mat_mul: its weights need 9 bits.*has 8"
    ) as e:
        BACKEND.emit(graph)
    assert e.value.where == "fc" and "narrower weights in fc" in e.value.hint
    build = Builder("wide")
    x = build.input((4,), FixedType(True, 20, 4))
    weight = build.const(np.full((4, 2), 31), WEIGHT, "w")
    graph = build.graph(build.add(MatMul(), x, weight, name="fc"))
    with pytest.raises(
        EdgemlError, match=r"mat_mul: its largest partial sum needs 2\d bits.*float32, with 24"
    ):
        BACKEND.emit(graph)


def test_it_is_a_back_end_among_the_others() -> None:
    assert "qdq" in backends.names() and backends.load("qdq").runners()[0].name == "onnxruntime-qdq"


@pytest.mark.slow
@settings(max_examples=150, suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large))
@given(graph=graphs(max_width=10, max_nodes=8), data=st.data())
def test_many_graphs(graph: Graph, data: st.DataObject) -> None:
    compare(graph, data.draw(graph_codes(graph)))
