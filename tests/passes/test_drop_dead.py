"""DropDead: what goes, what stays, and what becomes of constants."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.fixed import FixedType
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.relu import Relu
from edgeml.passes import prepare
from tests.passes.networks import extremes

T = FixedType(True, 4, 2)


def same(before: Graph, after: Graph) -> None:
    inputs = extremes(before, np.random.default_rng(3))
    expected, got = evaluate_codes(before, inputs), evaluate_codes(after, inputs)
    for name in before.outputs:
        np.testing.assert_array_equal(got[name], expected[name])


def two_layers(first: list[list[int]], bias: list[int], second: list[list[int]]) -> Graph:
    build = Builder("dense")
    x = build.input((len(first),), T, "x")
    y = build.add(MatMul(), x, build.const(first, T, "fc1.weight"), name="fc1.product")
    y = build.add(Add(), y, build.const(bias, T, "fc1.bias"), name="fc1.add")
    y = build.add(Relu(), y, name="fc1")
    return build.graph(build.add(MatMul(), y, build.const(second, T, "fc2.weight"), name="fc2"))


def test_a_pruned_neuron_goes_with_its_column_and_row():
    graph = two_layers([[1, 0, 2], [3, 0, -1]], [1, 0, 1], [[1, 2], [3, 4], [5, 6]])
    after = prepare(graph)
    assert after.info("fc1.live").shape == (2,)
    assert after.constants["fc1.weight.live"].tolist() == [[1, 2], [3, -1]]
    assert after.constants["fc2.weight.live"].tolist() == [[1, 2], [5, 6]]
    same(graph, after)


def test_a_neuron_that_nothing_reads_goes():
    graph = two_layers([[1, 5, 2], [3, 6, -1]], [1, 2, 1], [[1, 2], [0, 0], [5, 6]])
    assert prepare(graph).info("fc1.live").shape == (2,)
    same(graph, prepare(graph))


def test_a_constant_neuron_becomes_a_bias_of_the_next_layer():
    graph = two_layers([[1, 0, 2], [3, 0, -1]], [1, 3, 1], [[1, 2], [3, 4], [5, 6]])
    after = prepare(graph)
    assert after.info("fc1.live").shape == (2,)
    # 3/4 times the weights 3/4 and 1.
    info = after.info("fc2.constant")
    assert (after.constants["fc2.constant"] * 2.0**-info.frac).tolist() == [0.5625, 0.75]
    same(graph, after)


@pytest.mark.parametrize(("padding", "left"), [(((0, 0),), 1), (((1, 1),), 2)])
def test_a_constant_channel_stays_where_zeros_stand_beside_it(
    padding: tuple[tuple[int, int], ...], left: int
):
    build = Builder("conv")
    x = build.input((5, 2), T, "x")
    y = build.add(MatMul(), x, build.const([[1, 0], [2, 0]], T, "w"), name="a.product")
    y = build.add(Relu(), build.add(Add(), y, build.const([1, 3], T, "b"), name="a.add"), name="a")
    kernel = build.const(np.arange(1, 7).reshape(3, 2, 1), T, "k")
    graph = build.graph(build.add(Conv((1,), padding, (1,)), y, kernel, name="y"))
    after = prepare(graph)
    assert {after.info(name).shape for name in after.infos if name.startswith("a.product")} == {(5, left)}
    same(graph, after)


def table_of(build: Builder, index: str) -> str:
    entries = np.arange(1 << build.info(index).scalar.width) % 13
    return build.add(Lookup(), index, build.const(entries, FixedType(False, 4, 4)))


def test_the_index_of_a_table_keeps_its_width():
    build = Builder("table")
    x = build.input((2,), T, "x")
    y = build.add(MatMul(), x, build.const([[1, 7], [0, -8]], T), name="y")
    graph = build.graph(build.add(MatMul(), table_of(build, y), build.const([[1], [0]], T)))
    after = prepare(graph)
    assert after.info("y.live").scalar.width < graph.info("y").scalar.width
    same(graph, after)


def test_the_index_of_a_table_keeps_its_lsb():
    build = Builder("table")
    x = build.input((2,), T, "x")
    y = build.add(MatMul(), x, build.const([[0, 3], [0, 5]], T))
    y = build.add(Add(), y, build.const([1, 0], T), name="hidden")  # its first neuron is 1/4
    y = build.add(MatMul(), y, build.const([[1], [2]], T))
    y = build.add(Add(), y, build.const([60], FixedType(True, 8, 10)), name="y")
    graph = build.graph(table_of(build, y))
    after = prepare(graph)
    assert after.info("y.live").frac != graph.info("y").frac
    same(graph, after)


def test_an_output_stays_whole():
    graph = two_layers([[1, 0, 2], [3, 0, -1]], [1, 0, 1], [[1, 0], [3, 0], [5, 0]])
    assert prepare(graph).info("fc2").shape == (2,)
    same(graph, prepare(graph))


@pytest.mark.parametrize(("pruned", "left"), [(1, 64), (5, 60), (40, 24), (52, 12), (55, 9)])
def test_numbers_of_channels_keep_divisors(pruned: int, left: int):
    """Circuits are folded by divisors, of which 63 has few and 127 none."""
    rng = np.random.default_rng(pruned)
    first, second = rng.integers(1, 7, (3, 64)), rng.integers(1, 8, (64, 2))
    first[:, 64 - pruned :] = 0
    graph = two_layers(first.tolist(), [0] * 64, second.tolist())
    after = prepare(graph)
    (rows, _) = next(info.shape for name, info in after.infos.items() if name.startswith("fc2.weight"))
    assert rows == left
    same(graph, after)
