"""Threshold: which casts behind factors become comparisons, and that every value gets the code it had."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.fixed import FixedType, Overflow, Round, cover
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.relu import Relu
from edgeml.passes.threshold import Threshold, thresholded

WIDTH = 8
FACTORS = (37, -29, 5)


def scaled(to: FixedType, factors: tuple[int, ...] = FACTORS, relu: bool = False) -> Graph:
    """Signed codes times a factor per channel, plus an offset, cast."""
    build = Builder("scaled")
    x = build.input((len(factors),), FixedType(True, WIDTH, 3), "x")
    factor = build.const(factors, cover(min(factors), max(factors), 4), "bn.factor")
    value = build.add(Mul(), x, factor, name="bn.product")
    offset = build.const([3, -200, 77][: len(factors)], FixedType(True, 9, 7), "bn.offset")
    value = build.add(Add(), value, offset, name="bn")
    if relu:
        value = build.add(Relu(), value, name="act")
    return build.graph(build.add(Cast(to, Round.RND_CONV, Overflow.SAT), value, name="y"))


def every(graph: Graph) -> dict[str, np.ndarray]:
    codes = np.arange(-(1 << (WIDTH - 1)), 1 << (WIDTH - 1))
    return {"x": np.stack([codes] * graph.info("x").size, axis=1)}


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize(
    "to", [FixedType(False, 1, 0), FixedType(True, 2, 0), FixedType(True, 2, -1), FixedType(False, 2, 1)]
)
def test_few_codes_are_told_by_comparisons(to: FixedType, relu: bool) -> None:
    before = scaled(to, relu=relu)
    after = Threshold().apply(before)
    assert thresholded(before, 3) == {"bn"}
    assert "bn.product" not in after.infos and after.info("y").type == to
    products = [node for node in after.nodes if isinstance(node.op, Mul)]
    assert all(after.info(node.name).scalar.width <= 3 for node in products), "a sign, of the code alone"
    assert np.array_equal(
        evaluate_codes(before, every(before))["y"], evaluate_codes(after, every(after))["y"]
    )


@pytest.mark.parametrize(
    ("to", "factors"),
    [
        (FixedType(False, 4, 1), FACTORS),  # more codes than `bits` has
        (FixedType(False, 2, 1), (3, 2, 1)),  # three comparisons, and a product of two bits
    ],
)
def test_a_product_that_is_cheaper_stays(to: FixedType, factors: tuple[int, ...]) -> None:
    graph = scaled(to, factors)
    assert Threshold().apply(graph) is graph
    assert not thresholded(graph, 3)


def test_layers_and_bits_limit_it() -> None:
    graph = scaled(FixedType(False, 2, 1))
    assert Threshold(layers=frozenset({"other"})).apply(graph) is graph
    assert Threshold(bits=1).apply(graph) is graph
    assert Threshold(bits=2, layers=frozenset({"bn"})).apply(graph) is not graph


def test_a_value_that_something_else_reads_stays() -> None:
    graph = scaled(FixedType(False, 2, 1))
    both = Graph("both", graph.nodes, ["y", "bn"])
    assert Threshold().apply(both) is both


def test_a_product_that_leads_to_two_casts_is_compared_for_both() -> None:
    build = Builder("ternary")
    x = build.input((3,), FixedType(True, WIDTH, 3), "x")
    value = build.add(
        Mul(), x, build.const(FACTORS, cover(min(FACTORS), max(FACTORS), 4), "f"), name="bn.product"
    )
    one = FixedType(True, 1, 0)
    ends = [build.add(Cast(one, Round.TRN, Overflow.SAT), value, name="low")]
    above = build.add(Add(), value, build.const(-120, FixedType(True, 8, 7), "c"), name="bn.above")
    ends.append(build.add(Cast(one, Round.TRN, Overflow.SAT), above, name="high"))
    before = build.graph(*ends)
    after = Threshold().apply(before)
    assert "bn.product" not in after.infos
    expected, found = (evaluate_codes(graph, every(graph)) for graph in (before, after))
    assert all(np.array_equal(expected[name], found[name]) for name in ("low", "high"))
