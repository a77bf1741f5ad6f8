"""SplitSums: a product of one bit too many is two, and back ends that run in float32 write it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeml import backends
from edgeml.fixed import FixedType
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.ir.demand import demand
from edgeml.ir.grid import grids
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.passes import prepare
from edgeml.passes.split_sums import SplitSums
from tests.strategies import graph_codes, graphs
from tests.zoo import codes


def needs_25_bits(op: MatMul | Conv, *, signed: bool = False) -> Graph:
    """A product of 64 terms whose |terms| pass 2^24; with one sign of the input its interval does not."""
    build = Builder("wide")
    taken = (64,) if isinstance(op, MatMul) else (5, 5, 16)
    x = build.input(taken, FixedType(signed, 12 + signed, 4), "x")
    weight = np.full((64, 3), 71) * np.where(np.arange(64) % 2, 1, -1)[:, np.newaxis]
    shape = (64, 3) if isinstance(op, MatMul) else (2, 2, 16, 3)
    product = build.add(op, x, build.const(weight.reshape(shape), FixedType(True, 8, 5), "fc.w"), name="fc")
    return build.graph(build.cast(product, FixedType(True, 8, -8), name="out"))


OPS = pytest.mark.parametrize("op", [MatMul(), Conv((1, 1), ((1, 0), (0, 1)), (1, 1))], ids=["dense", "conv"])


@OPS
def test_two_sums_of_one_sign_fit_where_one_does_not(op: MatMul | Conv) -> None:
    graph = prepare(needs_25_bits(op))
    assert demand(graph, graph.node("fc"), grids(graph)) == 25
    split = SplitSums().apply(graph)
    assert max(demand(split, node, grids(split)) for node in split.nodes) <= 24
    assert split.info("fc").type == graph.info("fc").type
    assert [node.name for node in split.nodes if node.op == op] == ["fc.positive", "fc.negative"]


@OPS
@pytest.mark.parametrize("name", ["qonnx", "qdq"])
def test_back_ends_in_float32_write_it(op: MatMul | Conv, name: str, tmp_path: Path) -> None:
    if name == "qonnx":
        pytest.importorskip("qonnx", reason="qonnx is not installed")
    back_end, graph = backends.load(name), needs_25_bits(op)
    back_end.emit(graph).write(tmp_path)
    inputs = codes(graph, 30)
    inputs["x"][0] = inputs["x"].max()
    got = back_end.runners()[0].run_codes(tmp_path, graph, inputs)["out"]
    np.testing.assert_array_equal(got, evaluate_codes(graph, inputs)["out"])
    assert back_end.refusals(needs_25_bits(op, signed=True), back_end.options({}))[0].node == "fc"


@settings(max_examples=60, suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large))
@given(graph=graphs(ops=("mat_mul", "conv", "relu", "cast", "add")), data=st.data(), bits=st.integers(3, 9))
def test_narrow_carriers_keep_the_integers(graph: Graph, data: st.DataObject, bits: int) -> None:
    split, inputs = SplitSums(bits).apply(graph), data.draw(graph_codes(graph))
    expected, got = evaluate_codes(graph, inputs), evaluate_codes(split, inputs)
    for name, values in expected.items():
        np.testing.assert_array_equal(got[name], values)
