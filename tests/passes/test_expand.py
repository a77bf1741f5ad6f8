"""Expand: a composite and what it expands to are the same graph, whatever the shape of the expansion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, IntArray, Overflow, Round
from edgeml.ir import Builder, Composite, Graph, Node, Op, evaluate_codes
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.relu import Relu
from edgeml.ir.text import to_text
from edgeml.passes.expand import Expand
from tests.zoo import codes, zoo

T = FixedType(True, 6, 3)


@dataclass(frozen=True, eq=False)
class LeakyRelu(Composite):
    """max(x, slope * x): two core ops and a constant of its own."""

    slope: IntArray

    def expand(self, build: Builder, *inputs: str) -> str:
        (x,) = inputs
        slope = build.const(self.slope, FixedType(True, 4, 3), "slope")
        return build.add(Max(), x, build.add(Mul(), x, slope, name="scaled"))


@dataclass(frozen=True, eq=False)
class Twice(Composite):
    """A composite of composites, whose result is not the last op added."""

    def expand(self, build: Builder, *inputs: str) -> str:
        first = build.add(LeakyRelu(np.array(2)), *inputs)
        second = build.cast(build.add(LeakyRelu(np.array(-3)), first), T, Round.RND_CONV, Overflow.SAT)
        build.add(Relu(), second, name="unused")
        return second


@dataclass(frozen=True, eq=False)
class Identity(Composite):
    """An op that does nothing at inference, as dropout."""

    def expand(self, build: Builder, *inputs: str) -> str:
        return inputs[0]


@dataclass(frozen=True, eq=False)
class Dense(Composite):
    """A composite whose weights are inputs."""

    arity: ClassVar[int | None] = 3
    constant_inputs: ClassVar[tuple[int, ...]] = (1, 2)

    def expand(self, build: Builder, *inputs: str) -> str:
        x, w, b = inputs
        return build.add(Add(), build.add(MatMul(), x, w, name="matmul"), b)


def graph_of(*ops: Op) -> Graph:
    build = Builder("g")
    x = build.input((4,), T, "x")
    for position, op in enumerate(ops):
        x = build.add(op, x, name=f"layer{position}")
    return build.graph(x)


def same(graph: Graph, flat: Graph) -> None:
    inputs = codes(graph, 30)
    expected, got = evaluate_codes(graph, inputs), evaluate_codes(flat, inputs)
    for name in graph.outputs:
        np.testing.assert_array_equal(got[name], expected[name])
        assert flat.info(name).type == graph.info(name).type
        assert np.array_equal(flat.info(name).lo, graph.info(name).lo)
        assert np.array_equal(flat.info(name).hi, graph.info(name).hi)


def composites(graph: Graph) -> list[str]:
    return [node.name for node in graph.nodes if isinstance(node.op, Composite)]


def test_the_result_takes_the_name():
    graph = graph_of(LeakyRelu(np.array(2)), Cast(T, Round.RND_CONV, Overflow.SAT))
    flat = Expand().apply(graph)
    assert [node.name for node in flat.nodes] == ["x", "layer0.slope", "layer0.scaled", "layer0", "layer1"]
    assert flat.outputs == graph.outputs
    same(graph, flat)
    x = np.array([[8, -8, 3, -3]])
    assert evaluate_codes(graph_of(LeakyRelu(np.array(2))), {"x": x})["layer0"].tolist() == [
        [64, -16, 24, -6]
    ]


@pytest.mark.parametrize(
    "ops", [[Twice()], [Identity()], [Identity(), Twice(), Identity()], [Relu(), Identity(), Relu()]]
)
def test_every_shape_of_expansion(ops):
    graph = graph_of(*ops)
    flat = Expand().apply(graph)
    assert composites(flat) == []
    assert composites(graph) != []
    same(graph, flat)


def test_weights_as_inputs():
    build = Builder("g")
    x = build.input((3,), T, "x")
    w, b = build.const([[1, -2], [3, 4], [0, 5]], T, "fc.weight"), build.const([1, 2], T, "fc.bias")
    graph = build.graph(build.add(Dense(), x, w, b, name="fc"))
    flat = Expand().apply(graph)
    assert [node.name for node in flat.nodes] == ["x", "fc.weight", "fc.bias", "fc.matmul", "fc"]
    same(graph, flat)
    with pytest.raises(EdgemlError, match="input 2 must be a constant"):
        build.add(Dense(), x, x, b)


def test_only_the_chosen():
    graph = graph_of(Identity(), LeakyRelu(np.array(2)))
    flat = Expand(lambda node: node.name == "layer0").apply(graph)
    assert composites(flat) == ["layer1"]
    same(graph, flat)


def test_nothing_to_do_is_the_same_graph():
    for graph in zoo().values():
        if not composites(graph):
            assert Expand().apply(graph) is graph


def test_composites_of_the_zoo():
    graphs = [graph for graph in zoo().values() if composites(graph)]
    assert graphs
    for graph in graphs:
        flat = Expand().apply(graph)
        assert composites(flat) == []
        same(graph, flat)


def test_names_that_are_taken():
    build = Builder("g")
    x = build.input((2,), T, "x")
    taken = build.append(Node("layer.scaled", Relu(), (x,)))
    graph = build.graph(build.add(LeakyRelu(np.array(2)), taken, name="layer"))
    flat = Expand().apply(graph)
    assert "layer.scaled_2" in flat.infos
    same(graph, flat)


def test_a_composite_has_text_and_equality():
    one, two = graph_of(LeakyRelu(np.array(2))), graph_of(LeakyRelu(np.array(3)))
    assert one == graph_of(LeakyRelu(np.array([2]).reshape(())))
    assert one != two
    assert "%layer0 = leaky_relu(%x) {slope=@layer0.slope#" in to_text(one)


def test_a_refusal_within_an_expansion_names_the_composite():
    build = Builder("g")
    x = build.input((4,), FixedType(True, 62, 0), "x")
    with pytest.raises(EdgemlError, match=r"act \(leaky_relu\): scaled \(mul\): the product needs about"):
        build.add(LeakyRelu(np.array(-8)), x, name="act")
