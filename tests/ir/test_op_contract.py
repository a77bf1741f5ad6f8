"""The contract of an op: forgetting a part is an error when the class is made, and no back end guesses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from edgeml import backends
from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, IntArray, align
from edgeml.ir import Builder, Composite, Graph, Op, ValueInfo, evaluate_codes, ops
from edgeml.ir.demand import demand
from edgeml.ir.grid import grids
from edgeml.ir.kind import Kind
from edgeml.ir.steps import GridInfo, edge_bits
from edgeml.ir.structure import Structure, stepped

PARTS = ("kind", "infer", "evaluate", "grid", "demand", "structure")


@dataclass(frozen=True, eq=False)
class Magnitude(Op):
    """|x|: an op that no back end has heard of."""

    kind: ClassVar[Kind] = Kind.POINTWISE

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        (x,) = inputs
        lo, hi = x.aligned(x.frac)
        least = np.where((lo <= 0) & (hi >= 0), 0, np.minimum(np.abs(lo), np.abs(hi)))
        return ValueInfo.exact(least, np.maximum(np.abs(lo), np.abs(hi)), x.frac)

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        return np.abs(align(inputs[0], infos[0].type.frac, infos[0].frac))

    def grid(self, inputs: Sequence[GridInfo], result: ValueInfo) -> IntArray:
        return inputs[0].grid

    def demand(self, inputs: Sequence[GridInfo], result: GridInfo) -> int:
        return edge_bits(inputs, result)

    def structure(
        self, inputs: Sequence[Structure], infos: Sequence[ValueInfo], result: ValueInfo
    ) -> Structure:
        return stepped(inputs[0], result.shape, monotone=False)


def foreign(shape: tuple[int, ...] = (4,)) -> Graph:
    """A graph with an op that no back end knows, between two that all know."""
    build = Builder("foreign")
    x = build.input(shape, FixedType(True, 8, 4), "x")
    y = build.add(Magnitude(), x, name="size")
    return build.graph(build.cast(y, FixedType(False, 6, 3), name="narrow"))


@pytest.mark.parametrize("part", PARTS)
def test_a_class_that_lacks_a_part_cannot_be_made(part):
    body = {name: value for name, value in vars(Magnitude).items() if name in PARTS and name != part}
    with pytest.raises(TypeError, match=rf"the op Forgetful .* does not say: {part}$"):
        type("Forgetful", (Op,), body)


def test_all_parts_that_lack_are_named():
    with pytest.raises(TypeError, match="does not say: kind, infer, evaluate, grid, demand, structure"):
        type("Empty", (Op,), {})


@pytest.mark.parametrize("name", ops.names())
def test_every_op_says_its_kind_itself_or_is_composite(name):
    op = ops.load(name)
    assert isinstance(op.kind, Kind)
    if not issubclass(op, Composite):
        assert all(getattr(op, part) is not getattr(Op, part, None) for part in PARTS)


@pytest.mark.parametrize("name", backends.names())
def test_a_back_end_refuses_an_op_that_it_does_not_know(name):
    backend = backends.load(name)
    graph = foreign()
    (refusal,) = backend.refusals(graph, backend.options({}))
    assert (refusal.node, refusal.op) == ("size", "magnitude")
    assert refusal.reason
    with pytest.raises(EdgemlError, match="magnitude") as error:
        backend.emit(graph)
    assert error.value.where == "size"


def test_streamed_verilog_refuses_it_too():
    backend = backends.load("verilog")
    graph = foreign((4, 4, 2))
    (refusal,) = backend.refusals(graph, backend.options({"mode": "stream"}))
    assert (refusal.node, refusal.op) == ("size", "magnitude")


def test_grid_and_demand_of_a_composite_are_those_of_its_expansion():
    from edgeml.ir.ops.softmax import Softmax
    from edgeml.passes.expand import Expand

    build = Builder("probabilities")
    x = build.input((5,), FixedType(True, 8, 4), "x")
    graph = build.graph(build.add(Softmax(8, 6), x, name="y"))
    expanded = Expand().apply(graph)
    whole, parts = grids(graph), grids(expanded)
    assert np.array_equal(whole["y"], parts["y"])
    most = max(demand(expanded, node, parts) for node in expanded.nodes if node.name != "x")
    assert demand(graph, graph.node("y"), whole) == most


def test_a_narrow_copy_of_a_fine_value_keeps_its_grid():
    """A sum with a coarse and a fine term needs the bits of both, whatever op the fine one went through."""
    from edgeml.ir.ops.add import Add

    build = Builder("fine")
    x = build.input((4,), FixedType(True, 12, 20), "x")
    fine = build.add(Magnitude(), x, name="size")
    coarse = build.const(np.full(4, 2**17 + 1), FixedType(False, 18, 0), "coarse")
    graph = build.graph(build.add(Add(), fine, coarse, name="sum"))
    assert demand(graph, graph.node("sum"), grids(graph)) == 38
    codes = evaluate_codes(graph, {"x": np.full((1, 4), -2047)})
    assert codes["sum"].max() == (2**17 + 1) * 2**20 + 2047
