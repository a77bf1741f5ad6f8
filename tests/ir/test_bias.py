"""The rule which Add is the bias of which product, and the sums that fusing it takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from edgeml.fixed import FixedType
from edgeml.ir import Builder, Graph
from edgeml.ir.bias import bias_of, biases, sums_with_bias
from edgeml.ir.demand import demand
from edgeml.ir.grid import grids
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.relu import Relu

NIBBLE = FixedType(True, 4, 0)


def dense(
    bias: Sequence[int] | int = (3, -8), order: int = 1, also: bool = False, kind: type[Add] | type[Mul] = Add
) -> Graph:
    """y = x @ w + bias; the product is read by a relu as well if `also`."""
    build = Builder("dense")
    x = build.input((3,), FixedType(False, 4, 0), "x")
    w = build.const([[7, -8], [-8, 7], [1, 0]], NIBBLE, "w")
    product = build.add(MatMul(), x, w, name="product")
    b = build.const(bias, NIBBLE, "b")
    y = build.add(kind(), *(product, b)[::order], name="y")
    outputs = [y, build.add(Relu(), product, name="z")] if also else [y]
    return build.graph(*outputs)


def test_an_add_of_a_constant_per_column_is_the_bias_of_its_product() -> None:
    graph = dense()
    found = bias_of(graph, "product")
    assert found is not None
    assert (found.product.name, found.total.name, found.constant) == ("product", "y", "b")
    assert dict(biases(graph)) == {"y": found}


@pytest.mark.parametrize(
    "graph",
    [dense(3), dense(order=-1), dense(also=True), dense(kind=Mul)],
    ids=["scalar", "order", "read", "mul"],
)
def test_sums_that_are_no_bias(graph: Graph) -> None:
    assert bias_of(graph, "product") is None
    assert not biases(graph)
    assert bias_of(graph, "x") is None


def test_fused_sums_count_every_term_and_the_bias() -> None:
    """Column 0: 15 * (7 + 8 + 1) + 3 = 243; the interval of y alone is [-117, 123]."""
    graph = dense()
    bias, proven = bias_of(graph, "product"), grids(graph)
    assert bias is not None
    sums = sums_with_bias(graph, bias, proven)
    np.testing.assert_array_equal(sums.peak, [15 * 16 + 3, 15 * 15 + 8])
    assert sums.bits == 8
    assert demand(graph, graph.node("y"), proven) == 7
