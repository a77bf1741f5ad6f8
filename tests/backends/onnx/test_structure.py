"""The order of ops is the quick one: what makes emulation as fast as float inference."""

from __future__ import annotations

import json

import numpy as np
import onnx
import pytest

from edgeml.backends.onnx import BACKEND
from edgeml.backends.onnx.emulator import Emulator
from edgeml.fixed import FixedType, Overflow, Round
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.relu import Relu
from edgeml.passes import prepare
from edgeml.passes.postpone_casts import PostponeCasts
from tests.zoo import codes, conv, dense, fixed, ufixed, zoo

GRAPHS = zoo()


def postponed(graph: Graph) -> Graph:
    return PostponeCasts().apply(prepare(graph))


def kinds(graph: Graph) -> list[str]:
    model = onnx.load_from_string(BACKEND.emit(graph)["exact.onnx"])
    return [node.op_type for node in model.graph.node]


def test_mlp_is_gemm_clip_round() -> None:
    """No multiplication between layers: the powers of two are in the weights."""
    layer = ["Gemm", "Clip", "Round"]
    assert kinds(GRAPHS["mlp"]) == ["Mul", "Clip", "Round", *layer, *layer, "Gemm"]


def test_cnn_keeps_channels_first_and_pools_before_it_rounds() -> None:
    assert kinds(GRAPHS["cnn_2d"]) == [
        *("Mul", "Clip", "Round", "Reshape"),
        *("Conv", "MaxPool", "Clip", "Round"),
        *("Conv", "Clip", "Round"),
        *("Reshape", "Gemm"),
    ]


def test_relu_before_an_unsigned_cast_is_its_clip() -> None:
    build = Builder("relu")
    x = dense(build, build.input((4,), ufixed(4, 0)), "fc", 3, fixed(4, 1), fixed(4, 1), 1)
    x = build.add(Relu(), x, name="relu")
    unsigned, signed = build.cast(x, ufixed(3, 1), name="u"), build.cast(x, fixed(3, 1), name="s")
    assert "Relu" not in kinds(build.graph(unsigned))
    assert "Relu" in kinds(build.graph(signed))


def test_unreachable_bounds_are_not_clipped() -> None:
    build = Builder("wide")
    x = dense(build, build.input((4,), ufixed(4, 0)), "fc", 3, fixed(4, 1), fixed(4, 1), 1)
    assert kinds(build.graph(build.cast(x, fixed(12, 6), name="act"))).count("Clip") == 1  # the input's
    assert kinds(build.graph(build.cast(x, fixed(3, 1), name="act"))).count("Clip") == 2


def test_wide_layers_return_to_float32_after_the_cast() -> None:
    build = Builder("mixed")
    x = build.input((8,), ufixed(16, 0))
    x = dense(build, x, "fc1", 4, fixed(16, 1), fixed(8, 1), 1)
    x = build.cast(x, ufixed(6, 2), name="act1")
    graph = build.graph(dense(build, x, "fc2", 3, fixed(6, 1), fixed(6, 1), 3))
    model = onnx.load_from_string(BACKEND.emit(graph)["exact.onnx"])
    types = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    gemms = [types[node.input[1]] for node in model.graph.node if node.op_type == "Gemm"]
    assert gemms == [onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT]


@pytest.mark.parametrize(("bias", "ops"), [(60_000, ["Gemm"]), (70_000, ["MatMul", "Add"])])
def test_a_bias_is_fused_if_float32_holds_all_terms(bias: int, ops: list[str]) -> None:
    """|terms| of the product are 255 * 32767 * 2 = 2^24 - 66046; the sum itself lies within 24 bits."""
    build = Builder("bias")
    x = build.input((2,), ufixed(8, 8))
    w = build.const([[32767], [-32767]], fixed(16, 16), "w")
    product = build.add(MatMul(), x, w, name="product")
    b = build.const([bias], fixed(18, 18), "b")
    graph = build.graph(build.add(Add(), product, b, name="y"))
    assert kinds(graph)[-len(ops) :] == ops
    corners = {"input": np.array([[0, 0], [255, 0], [0, 255], [255, 255]])}
    emulated = Emulator(graph).predict_codes(corners)
    np.testing.assert_array_equal(emulated["y"], evaluate_codes(graph, corners)["y"])


@pytest.mark.parametrize("overflow", Overflow)
@pytest.mark.parametrize("rounding", Round)
def test_a_cast_passes_a_pool_only_if_it_is_monotone(rounding: Round, overflow: Overflow) -> None:
    build = Builder("pool")
    x = conv(build, build.input((6, 6, 1), ufixed(4, 0)), "conv", (3, 3), 2, 5)
    x = build.add(Cast(fixed(3, 1), rounding, overflow), x, name="act")
    graph = build.graph(build.add(MaxPool((2, 2), (2, 2), ((0, 0), (0, 0))), x, name="pool"))
    prepared = postponed(graph)
    moved = isinstance(prepared.node("pool").op, Cast)
    assert moved == (overflow in (Overflow.SAT, Overflow.SAT_SYM))
    inputs = codes(graph, 40, seed=9)
    np.testing.assert_array_equal(
        evaluate_codes(prepared, inputs)["pool"], evaluate_codes(graph, inputs)["pool"]
    )


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_preparation_keeps_outputs_their_lsb_and_the_inputs(name: str) -> None:
    graph = GRAPHS[name]
    prepared = postponed(graph)
    assert prepared.inputs == graph.inputs
    inputs = codes(graph, 12, seed=10)
    expected, got = evaluate_codes(graph, inputs), evaluate_codes(prepared, inputs)
    for output in graph.outputs:
        np.testing.assert_array_equal(got[output], expected[output])
        np.testing.assert_array_equal(prepared.info(output).type.frac, graph.info(output).type.frac)


def test_a_cast_that_others_read_stays_before_the_pool() -> None:
    build = Builder("shared")
    x = conv(build, build.input((6, 6, 1), ufixed(4, 0)), "conv", (3, 3), 2, 5)
    act = build.cast(x, ufixed(3, 1), name="act")
    pool = build.add(MaxPool((2, 2), (2, 2), ((0, 0), (0, 0))), act, name="pool")
    assert isinstance(postponed(build.graph(pool, act)).node("pool").op, MaxPool)


def test_metadata_states_types_and_where_values_are() -> None:
    model = onnx.load_from_string(BACKEND.emit(GRAPHS["mlp"])["exact.onnx"])
    about = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(about["edgeml.inputs"]) == {"input": "ufixed<8,0>"}
    assert json.loads(about["edgeml.outputs"]) == {"fc3": str(GRAPHS["mlp"].info("fc3").type)}
    assert json.loads(about["edgeml.values"])["act1"] == {
        "tensor": "act1",
        "unit": 4,
        "order": "last",
        "image": [],
    }


def test_constants_have_the_rank_of_what_they_meet() -> None:
    """ONNX Runtime is 70 times slower at a scalar times an image whose last axis is 1."""
    model = onnx.load_from_string(BACKEND.emit(GRAPHS["cnn_2d"])["exact.onnx"])
    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    (factor,) = [shapes[node.input[1]] for node in model.graph.node if node.op_type == "Mul"]
    assert factor == (1, 1, 1, 1)


def test_names_that_helpers_also_use_do_not_collide() -> None:
    build = Builder("names")
    x = build.input((4,), fixed(5, 2), "slice")
    for name in ("shape", "bound", "half", "axes", "factor", "input"):
        x = build.cast(x, FixedType(True, 6, 3), Round.RND, name=name)
    onnx.checker.check_model(
        onnx.load_from_string(BACKEND.emit(build.graph(x))["exact.onnx"]), full_check=True
    )
