"""FuseBias: all forms of a bias become one, and what is no bias stays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeml import backends
from edgeml.fixed import ElementType, FixedType, FixedTypeArray
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.ir.bias import bias_of, biases
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.relu import Relu
from edgeml.passes import prepare
from edgeml.passes.fuse_bias import FuseBias
from tests.strategies import code_arrays, fixed_types
from tests.zoo import codes

BYTE = FixedType(True, 8, 3)
PER_ELEMENT = FixedTypeArray(True, np.array([[8, 7, 6, 8]]), np.array([[3, 2, 0, -1]]))


def with_bias(
    shape: tuple[int, ...],
    type: ElementType = BYTE,
    *,
    convolution: bool = False,
    constant_first: bool = False,
    shared: bool = False,
    product_read: bool = False,
    product_output: bool = False,
) -> Graph:
    """A product with four columns, and a constant of some shape that is added to it."""
    rng = np.random.default_rng(1)
    build = Builder("with_bias")
    x = build.input((5, 3) if convolution else (3,), FixedType(False, 4, 1), "x")
    w = build.const(rng.integers(-8, 8, (2, 3, 4) if convolution else (3, 4)), FixedType(True, 4, 2), "w")
    op = Conv((1,), ((0, 0),), (1,)) if convolution else MatMul()
    product = build.add(op, x, w, name="product")
    b = build.const(rng.integers(-16, 16, shape), type, "b")
    y = build.add(Add(), *((b, product) if constant_first else (product, b)), name="y")
    outputs = [y]
    if shared:
        outputs.append(build.add(Add(), y, b, name="z"))
    if product_read:
        outputs.append(build.add(Relu(), product, name="z"))
    return build.graph(*outputs, *([product] if product_output else []))


def same_integers(before: Graph, after: Graph) -> None:
    inputs = codes(before, 16)
    expected, got = evaluate_codes(before, inputs), evaluate_codes(after, inputs)
    for name, values in expected.items():
        np.testing.assert_array_equal(got[name], values)


@pytest.mark.parametrize(
    ("graph", "constant"),
    [
        (with_bias((4,)), "b"),
        (with_bias(()), "b"),
        (with_bias((1,)), "b"),
        (with_bias((4,), constant_first=True), "b"),
        (with_bias((4,), shared=True), "b"),
        (with_bias((), shared=True), "y.bias"),
        (with_bias((1, 4), convolution=True), "b"),
        (with_bias((1, 1), convolution=True, constant_first=True), "b"),
        (with_bias((1, 4), PER_ELEMENT, convolution=True), "b"),
        (with_bias((1, 4), PER_ELEMENT, convolution=True, shared=True), "y.bias"),
    ],
)
def test_every_form_of_a_bias_becomes_the_one_form(graph: Graph, constant: str) -> None:
    after = FuseBias().apply(graph)
    bias = bias_of(after, "product")
    assert bias is not None
    assert (bias.total.name, bias.constant, after.info(constant).shape) == ("y", constant, (4,))
    assert after.info("y").type == graph.info("y").type
    assert {node.name for node in after.nodes} - {"y.bias"} == {node.name for node in graph.nodes}
    same_integers(graph, after)


@pytest.mark.parametrize(
    "graph",
    [
        with_bias((4,), product_read=True),
        with_bias((4,), product_output=True),
        with_bias((4, 1), convolution=True),
        with_bias((4, 4), convolution=True),
        with_bias((1, 4)),  # the sum has an axis more than the product
    ],
)
def test_a_sum_that_is_no_bias_stays(graph: Graph) -> None:
    assert FuseBias().apply(graph) is graph
    assert not biases(graph)


def test_a_bias_that_has_the_form_stays_as_it_is() -> None:
    graph = with_bias((4,))
    assert FuseBias().apply(graph) is graph


def test_a_product_that_only_a_dead_op_reads_too_is_fused_behind_drop_unused() -> None:
    graph = with_bias((), product_read=True)
    dead = Graph(graph.name, graph.nodes, ["y"])
    assert not biases(FuseBias().apply(dead))
    assert list(biases(prepare(dead))) == ["y"]


def test_each_back_end_fuses_whatever_form_the_model_had() -> None:
    """The files say the same for a scalar bias in front of the product as for a vector behind it."""
    usual = with_bias((4,))
    odd = with_bias((1, 4)[1:], constant_first=True)
    for name in ("onnx", "qonnx", "hls4ml"):
        files = [backends.load(name).emit(graph) for graph in (usual, odd)]
        assert set(files[0]) == set(files[1])
        text = [
            b"".join(each[path] for path in each if path.endswith((".onnx", ".cpp", ".h"))) for each in files
        ]
        digests = [graph.digest.encode() for graph in (usual, odd)]
        assert text[0].replace(digests[0], b"") == text[1].replace(digests[1], b"")


@st.composite
def odd_biases(draw: st.DrawFn) -> Graph:
    """Products with constants of all shapes, orders, types and readers behind them."""
    convolution = draw(st.booleans())
    shapes = [(), (1,), (4,), *([(1, 4), (4, 1), (1, 1), (4, 4)] if convolution else [])]
    shape = draw(st.sampled_from(shapes))
    type = draw(fixed_types(max_width=9, min_frac=-2, max_frac=6))
    flags = {
        key: draw(st.booleans()) for key in ("constant_first", "shared", "product_read", "product_output")
    }
    if flags["shared"] and flags["product_read"]:  # both name their op z
        flags["shared"] = False
    graph = with_bias(shape, FixedType(True, 8, 0), convolution=convolution, **flags)
    entries = draw(code_arrays(shape, np.full(shape, type.lo), np.full(shape, type.hi)))
    build = Builder(graph.name)
    for node in graph.nodes:
        if node.name == "b":
            build.const(entries, type, "b")
        else:
            build.add(node.op, *node.inputs, name=node.name)
    return build.graph(*graph.outputs)


@settings(max_examples=60, suppress_health_check=(HealthCheck.too_slow,))
@given(odd_biases())
def test_random_biases_keep_their_integers(graph: Graph) -> None:
    after = FuseBias().apply(graph)
    assert not FuseBias().ensures(after)
    assert FuseBias().apply(after) is after
    same_integers(graph, after)
    alone = not {"z", "product"} & set(graph.outputs) or (
        "product" not in graph.outputs and isinstance(graph.node("z").op, Add)
    )
    per_column = graph.info("b").shape in [(), (1,), (4,), (1, 4), (1, 1)]
    assert (bias_of(after, "product") is not None) == (alone and per_column)
