"""The rule by which an Add is the bias of a MatMul or Conv; every back end fuses by it.

A bias stays an `Add` of its own in the graph. It is *fused* by a back end, which starts the sum of products
with it instead of adding it to the result; whether that is exact depends on the back end's carrier, and
`sums_with_bias` says what it takes. The pass `FuseBias` brings every Add that can be a bias into the form
that `bias_of` looks for:

    y = add(product, bias)    product: a MatMul or Conv that nothing but y needs
                              bias: a Const of shape (columns,), one entry per last axis of the product

Invariant: with B = bias_of(graph, p), value(B.total) = value(p) + constant(B.constant) in every column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgeml.fixed import IntArray
from edgeml.ir.demand import sums_of
from edgeml.ir.graph import Graph, Node
from edgeml.ir.ops._linear import Linear
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.const import Const
from edgeml.ir.steps import Sums


@dataclass(frozen=True)
class Bias:
    """A constant per column that is added to a product.

    Args:
        product: the MatMul or Conv.
        total: the Add.
        constant: name of the Const of shape (columns,).
    """

    product: Node
    total: Node
    constant: str


def bias_of(graph: Graph, product: str) -> Bias | None:
    """The bias of a product, or None if it has none in the form that `FuseBias` makes.

    Args:
        graph: the graph.
        product: name of any value.
    """
    user = only_user(graph, product)
    node = graph.node(product)
    if user is None or not isinstance(user.op, Add) or not isinstance(node.op, Linear):
        return None
    first, constant = user.inputs
    columns = graph.info(product).shape[-1:]
    fits = isinstance(graph.node(constant).op, Const) and graph.info(constant).shape == columns
    return Bias(node, user, constant) if first == product and fits else None


def biases(graph: Graph) -> Mapping[str, Bias]:
    """All biases of a graph, by the name of their Add."""
    all_products = (bias_of(graph, node.name) for node in graph.nodes if isinstance(node.op, Linear))
    return {bias.total.name: bias for bias in all_products if bias is not None}


def sums_with_bias(graph: Graph, bias: Bias, grids: Mapping[str, IntArray]) -> Sums:
    """The partial sums of a product that starts with its bias.

    Their bits are never fewer than those of the product and can be more than `demand` says of the Add: the
    terms may come in any order, so |bias| adds to the sum of all |products|, not to the result's interval.

    Args:
        graph: the graph.
        bias: one of its biases.
        grids: of all values, see `edgeml.ir.grid.grids`.
    """
    info = graph.info(bias.constant)
    return sums_of(graph, bias.product, grids).plus(graph.constant(bias.constant), info.type.frac)


def only_user(graph: Graph, name: str) -> Node | None:
    """The one op that reads a value that nothing else needs, or None."""
    users = graph.users[name]
    return users[0] if len(users) == 1 and name not in graph.outputs else None
