"""ShareEqual: what is computed twice is computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgeml.ir import Graph, Node
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.min import Min
from edgeml.ir.ops.mul import Mul
from edgeml.passes._base import Pass
from edgeml.passes.drop_unused import DropUnused

_COMMUTATIVE = (Add, Max, Min, Mul)
"""Ops whose two inputs may stand in either order."""


@dataclass(frozen=True)
class ShareEqual(Pass):
    """Of nodes with equal ops on equal inputs one stays, and it is the output among them if there is one.

    Constants count as equal by their codes and types, but each layer keeps its own. Equal outputs
    stay apart, for a graph returns every value under its name.
    """

    def requires(self, graph: Graph) -> str:
        return ""

    def rewrite(self, graph: Graph) -> Graph:
        stands_for = _shared(graph)
        if not stands_for:
            return graph
        nodes: list[Node] = []
        placed: set[str] = set()
        by_first = _first_of_group(graph, stands_for)
        for node in graph.nodes:
            keeper = graph.node(by_first.get(node.name, node.name))
            if keeper.name in placed or (node.name in stands_for and keeper is node):
                continue
            placed.add(keeper.name)
            inputs = tuple(stands_for.get(name, name) for name in node.inputs)
            nodes.append(Node(keeper.name, node.op, inputs))
        return DropUnused().apply(Graph(graph.name, nodes, graph.outputs))

    def ensures(self, graph: Graph) -> str:
        name, other = next(iter(_shared(graph).items()), ("", ""))
        return name and f"{name} is computed by {other} as well"


def _shared(graph: Graph) -> Mapping[str, str]:
    """For every node that goes, the equal one that stays."""
    numbers: dict[Any, int] = {}
    number_of: dict[str, int] = {}
    groups: dict[int, list[str]] = {}
    for node in graph.nodes:
        key = _key(node, number_of)
        number = numbers.setdefault(key, len(numbers))
        number_of[node.name] = number
        if not isinstance(node.op, Const):
            groups.setdefault(number, []).append(node.name)
    outputs = set(graph.outputs)
    stands_for: dict[str, str] = {}
    for names in groups.values():
        keeper = next((name for name in names if name in outputs), names[0])
        stands_for |= {name: keeper for name in names if name != keeper and name not in outputs}
    return stands_for


def _key(node: Node, number_of: Mapping[str, int]) -> Any:
    """Equal keys are equal values."""
    if isinstance(node.op, Input):
        return node.name
    inputs = [number_of[name] for name in node.inputs]
    return node.op, *(sorted(inputs) if isinstance(node.op, _COMMUTATIVE) else inputs)


def _first_of_group(graph: Graph, stands_for: Mapping[str, str]) -> Mapping[str, str]:
    """The keeper of each group by the group's first node, in whose place it is computed."""
    firsts: dict[str, str] = {}
    place = {node.name: index for index, node in enumerate(graph.nodes)}
    for name, keeper in stands_for.items():
        first = min(name, keeper, firsts.get(keeper, keeper), key=place.__getitem__)
        firsts[keeper] = first
    return {first: keeper for keeper, first in firsts.items()}
