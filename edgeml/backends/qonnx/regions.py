"""Ops on single elements that need more than float32 has, and end in few bits: requantization.

A sum times a multiplier of many bits, rounded to eight, is nothing that float32 computes; its result is. Such
a region is written as a whole, by thresholds (`staircases`) or in limbs (`limbs`).

Invariant: a region's inner values are read within it alone, and its leaves are tensors that float32 holds.
"""

from __future__ import annotations

from collections.abc import Mapping

from edgeml.fixed import FixedType, IntArray
from edgeml.ir import Graph, Node
from edgeml.ir.demand import demand
from edgeml.ir.kind import Kind
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.mul import Mul
from edgeml.ir.region import CastRegion
from edgeml.ir.steps import FLOAT32_BITS

MOST_CODES = 4096
"""Codes up to which a cast may end a region."""


def wide_regions(graph: Graph, grids: Mapping[str, IntArray]) -> tuple[CastRegion, ...]:
    """The regions of a prepared graph, none within another."""
    wide = {
        node.name
        for node in graph.nodes
        if node.name not in graph.constants and demand(graph, node, grids) > FLOAT32_BITS
    }
    occupied: set[str] = set()
    regions: list[CastRegion] = []
    for node in reversed(graph.nodes):
        if node.name in occupied or not _ends(graph, node):
            continue
        inner = _pruned(graph, _behind(graph, node), wide)
        if wide & inner:
            nodes = tuple(part for part in graph.nodes if part.name in inner)
            read = dict.fromkeys(name for part in nodes for name in part.inputs)
            leaves = tuple(name for name in read if name not in inner and name not in graph.constants)
            regions.append(CastRegion(nodes, leaves))
            occupied |= inner
    return tuple(reversed(regions))


def _ends(graph: Graph, node: Node) -> bool:
    """True for a cast to few codes."""
    if not isinstance(node.op, Cast) or not isinstance(node.op.to, FixedType):
        return False
    info = graph.info(node.name)
    return int(info.hi.max()) - int(info.lo.min()) < MOST_CODES


def _behind(graph: Graph, end: Node) -> set[str]:
    """The end and all ops on single elements that only lead to it, up to casts that end others."""
    inner = {end.name}
    waiting = [end]
    while waiting:
        for name in waiting.pop().inputs:
            node = graph.node(name)
            if name in inner or name in graph.constants or not _joins(graph, node, inner):
                continue
            inner.add(name)
            waiting.append(node)
    return inner


def _joins(graph: Graph, node: Node, inner: set[str]) -> bool:
    return (
        node.op.kind is Kind.POINTWISE
        and not isinstance(node.op, Lookup)
        and node.name not in graph.outputs
        and not _ends(graph, node)
        and all(user.name in inner for user in graph.users[node.name])
    )


def _pruned(graph: Graph, inner: set[str], wide: set[str]) -> set[str]:
    """Without the ops in front of the first wide one; a product stays, since its factors are narrower."""
    for node in graph.nodes:
        early = node.name in inner and node.name not in wide and inner.isdisjoint(node.inputs)
        if early and not isinstance(node.op, Mul):
            inner = inner - {node.name}
    return inner
