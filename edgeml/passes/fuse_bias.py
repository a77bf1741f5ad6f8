"""FuseBias: a constant that can be part of a product's sum gets the form in which back ends fuse it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from edgeml.fixed import ElementType, FixedType, FixedTypeArray
from edgeml.ir import Graph, Node
from edgeml.ir.bias import bias_of, only_user
from edgeml.ir.ops._linear import Linear
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.const import Const
from edgeml.passes import Pass
from edgeml.passes._base import new_name


@dataclass(frozen=True)
class FuseBias(Pass):
    """A constant per column that is added to a product nothing else reads becomes add(product, bias).

    The bias is then a Const with one entry per column, whatever shape, order or sharing the model had:
    scalars are repeated, axes of one are dropped, a constant that others read as well is copied. See
    `edgeml.ir.bias`. Names of products and sums stay. Constants that are computed, and products that only a
    dead op reads too, are for the passes before this one.
    """

    def requires(self, graph: Graph) -> str:
        return ""

    def rewrite(self, graph: Graph) -> Graph:
        open_biases = dict(_open_biases(graph))
        if not open_biases:
            return graph
        in_place = {
            constant for _, constant in open_biases.values() if only_user(graph, constant) is not None
        }
        columns = {constant: graph.info(product).shape[-1] for product, constant in open_biases.values()}
        names = {node.name for node in graph.nodes}
        nodes: list[Node] = []
        for node in graph.nodes:
            if node.name in in_place:
                nodes.append(_per_column(graph, node.name, node.name, columns[node.name]))
            elif node.name in open_biases:
                product, constant = open_biases[node.name]
                bias = constant
                if constant not in in_place:
                    bias = new_name(f"{node.name}.bias", names)
                    nodes.append(_per_column(graph, constant, bias, graph.info(product).shape[-1]))
                nodes.append(Node(node.name, node.op, (product, bias)))
            else:
                nodes.append(node)
        return Graph(graph.name, nodes, graph.outputs)

    def ensures(self, graph: Graph) -> str:
        left = next((name for name, _ in _open_biases(graph)), "")
        return left and f"{left} is a bias in another form"


def _open_biases(graph: Graph) -> Iterator[tuple[str, tuple[str, str]]]:
    """Each Add that can be a bias and has not its form, with its product and its constant."""
    for node in graph.nodes:
        if not isinstance(node.op, Add):
            continue
        for product, constant in (node.inputs, node.inputs[::-1]):
            if _can_be_bias(graph, node, product, constant) and bias_of(graph, product) is None:
                yield node.name, (product, constant)


def _can_be_bias(graph: Graph, node: Node, product: str, constant: str) -> bool:
    """True if an Add adds one constant per column, or one for all, to a product that nothing else needs."""
    if not isinstance(graph.node(product).op, Linear) or not isinstance(graph.node(constant).op, Const):
        return False
    if only_user(graph, product) is not node:
        return False
    result, entries = graph.info(node.name), graph.info(constant)
    if result.shape != graph.info(product).shape:
        return False
    return entries.size == 1 or (*entries.shape[-1:], entries.size) == result.shape[-1:] * 2


def _per_column(graph: Graph, constant: str, name: str, columns: int) -> Node:
    """A constant as a Const of shape (columns,)."""
    codes = np.broadcast_to(graph.constant(constant).reshape(-1), (columns,))
    return Node(name, Const(codes, _type_per_column(graph, constant, columns)))


def _type_per_column(graph: Graph, constant: str, columns: int) -> ElementType:
    info = graph.info(constant)
    if isinstance(info.type, FixedType):
        return info.type
    width, frac = (
        np.broadcast_to(np.broadcast_to(part, info.shape).reshape(-1), (columns,))
        for part in (info.type.width, info.type.frac)
    )
    return FixedTypeArray(info.type.signed, width, frac)
