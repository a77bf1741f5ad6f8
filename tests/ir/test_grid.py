"""Grids and demands hold for every value of random graphs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeml.fixed import FixedType, IntArray, Overflow, Round
from edgeml.ir import Builder, Graph, constant_codes, evaluate_codes
from edgeml.ir.demand import demand, sums_of
from edgeml.ir.grid import grids
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.relu import Relu
from edgeml.ir.steps import NEVER_ZERO, constant_grid, value_bits
from edgeml.passes.expand import Expand
from tests.strategies import graph_codes, graphs

QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large)


def on_grid(codes: IntArray, frac: IntArray, grid: IntArray) -> bool:
    """Every code * 2^-frac is a multiple of 2^-grid, and zero where the grid says so."""
    drop = np.clip(frac - grid, 0, 62)
    multiple = codes & ((np.int64(1) << drop) - 1) == 0
    return bool(np.all(multiple & ((grid > NEVER_ZERO) | (codes == 0))))


@settings(max_examples=150, suppress_health_check=QUIET)
@given(graph=graphs(max_width=20), data=st.data())
def test_every_value_lies_on_its_grid_and_within_its_demand(graph: Graph, data: st.DataObject) -> None:
    graph = Expand().apply(graph)
    proven = grids(graph)
    values = evaluate_codes(graph, data.draw(graph_codes(graph)), [node.name for node in graph.nodes])
    for node in graph.nodes:
        info, grid = graph.info(node.name), proven[node.name]
        frac = np.broadcast_to(info.type.frac, info.shape)
        assert np.all(grid <= frac)
        assert on_grid(values[node.name], frac, grid), f"{node.name}\n{graph}"
        if node.inputs:
            steps = np.abs(values[node.name]) >> np.clip(frac - grid, 0, 62)
            assert steps.max(initial=0) <= 2 ** demand(graph, node, proven), f"{node.name}\n{graph}"


def test_constant_grid_drops_trailing_zeros() -> None:
    grid = constant_grid(np.array([1, -2, 12, 0, -(2**40), 2**62]), 5)
    assert grid[[0, 1, 2, 4, 5]].tolist() == [5, 4, 3, -35, -57]
    assert grid[3] < NEVER_ZERO


def test_the_sums_of_a_column_do_not_see_the_lsb_of_another() -> None:
    build = Builder("columns")
    x = build.input((2,), FixedType(False, 3, 0))
    w = build.const([[1, 1 << 20], [1, 3 << 20]], FixedType(True, 24, 0), "w")
    graph = build.graph(build.add(MatMul(), x, w, name="y"))
    proven = grids(graph)
    sums = sums_of(graph, graph.node("y"), proven)
    assert sums.grid.tolist() == [0, -20]
    assert sums.bits == 5  # (1 + 3) * 7 steps, in either column
    assert sums.plus(np.array([0, 1]), 0).bits == 25  # a finer bias spoils the second


def test_a_value_that_is_always_zero_needs_no_bits() -> None:
    build = Builder("zero")
    x = build.input((2,), FixedType(False, 3, 0))
    minus = build.const([[-1], [-2]], FixedType(True, 3, 0), "w")
    graph = build.graph(build.add(Relu(), build.add(MatMul(), x, minus), name="y"))
    assert graph.info("y").hi.max() == 0
    assert value_bits(graph.info("y"), grids(graph)["y"]) == 0


@pytest.mark.parametrize(
    ("source", "target", "rounding", "overflow", "needed"),
    [
        (FixedType(True, 25, 1), FixedType(True, 24, 0), Round.RND_CONV, Overflow.SAT, 24),
        (FixedType(True, 25, 1), FixedType(True, 24, 0), Round.TRN, Overflow.SAT, 24),
        (FixedType(True, 25, 1), FixedType(True, 24, 0), Round.RND, Overflow.SAT, 25),  # 2^24 and one half
        (FixedType(False, 24, 0), FixedType(True, 4, 0), Round.TRN, Overflow.SAT, 24),
        (FixedType(False, 24, 0), FixedType(True, 4, 0), Round.TRN, Overflow.WRAP, 25),  # 2^24 - 1 + 8
        (FixedType(False, 24, 0), FixedType(False, 4, 0), Round.TRN, Overflow.WRAP, 25),
        (FixedType(False, 24, 0), FixedType(True, 30, 0), Round.TRN, Overflow.WRAP, 24),  # never wraps
    ],
)
def test_bits_of_a_cast_in_between(
    source: FixedType, target: FixedType, rounding: Round, overflow: Overflow, needed: int
) -> None:
    build = Builder("cast")
    graph = build.graph(build.cast(build.input((2,), source), target, rounding, overflow, name="y"))
    assert demand(graph, graph.node("y"), grids(graph)) == needed


def test_constant_codes_follow_constants_alone() -> None:
    build = Builder("constants")
    x = build.input((2,), FixedType(True, 3, 0))
    a, b = (build.const(codes, FixedType(True, 5, 1), name) for codes, name in (([1, 2], "a"), ([3], "b")))
    total = build.add(Add(), a, b, name="total")
    graph = build.graph(build.add(Add(), x, total, name="y"))
    found = constant_codes(graph)
    assert set(found) == {"a", "b", "total"}
    assert found["total"].tolist() == [4, 5]
