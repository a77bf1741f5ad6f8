"""ShortenSums: bits that every rounding behind a sum drops are dropped before it.

    trn(a + b)         ->  trn(a + trn(b))      b finer than a, and than the cast's result
    trn(x + 0.01011)   ->  trn(x + 0.010)       the same for a constant, and for the entries of a table

A cast that rounds down sees of a value only the bits above its own LSB, and one that rounds to the nearest
with ties upwards (RND) one bit more. Rounding down commutes with what only moves or compares values, and with
adding what lies on the grid that is rounded to. Other roundings look at all bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgeml.fixed import Overflow, Round, cover
from edgeml.fixed.rounding import shift_right
from edgeml.ir import Graph, Node, ValueInfo
from edgeml.ir.bias import bias_of
from edgeml.ir.builder import Builder
from edgeml.ir.grid import grids
from edgeml.ir.kind import Kind
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.min import Min
from edgeml.ir.ops.pad import Pad
from edgeml.ir.ops.relu import Relu
from edgeml.ir.ops.scale import Scale
from edgeml.passes._base import Pass, new_name
from edgeml.passes.drop_unused import DropUnused

_ALL = 1 << 20
"""Stands for: every bit is seen."""


@dataclass(frozen=True)
class ShortenSums(Pass):
    """No sum or constant has bits below the finest place that any of its readers sees.

    A value that is shortened gets a new name (`NAME.short`): under its old name a value is what it was.
    """

    def requires(self, graph: Graph) -> str:
        return ""

    def rewrite(self, graph: Graph) -> Graph:
        while True:
            cut = _cut_at(graph)
            if not cut:
                return graph
            graph = DropUnused().apply(_shortened(graph, cut))

    def ensures(self, graph: Graph) -> str:
        name = next(iter(_cut_at(graph)), "")
        return name and f"low bits of {name} are seen by nothing"


def seen_places(graph: Graph) -> Mapping[str, int]:
    """The fractional bits of each value that matter to any output, `1 << 20` where all do.

    With L of them, every output is the same function of floor(value * 2^L) * 2^-L.
    """
    lies_on = {name: int(np.max(grid)) for name, grid in grids(graph).items()}
    places_of = {node.name: -_ALL for node in graph.nodes}
    for name in graph.outputs:
        places_of[name] = _ALL
    for node in reversed(graph.nodes):
        for position, name in enumerate(node.inputs):
            places_of[name] = max(places_of[name], _seen_by(node, position, places_of[node.name], lies_on))
    return places_of


def _seen_by(node: Node, position: int, own: int, lies_on: Mapping[str, int]) -> int:
    """The places of one input that a node looks at, if `own` of its result are seen."""
    match node.op:
        case Cast():
            return _seen_by_cast(node.op)
        case _ if abs(own) == _ALL:  # all bits are seen, or nothing reads the result
            return own
        case Relu() | Max() | Min() | MaxPool() | Pad() | Concat():
            return own
        case Scale() if isinstance(node.op.shift, int):
            return own + node.op.shift
        case Lookup() if position == 1:
            return own
        case Add():  # bits below the other's grid have no carry; where both have them, nothing is cut
            return max(own, lies_on[node.inputs[1 - position]])
        case op if op.kind is Kind.MOVES:
            return own
        case _:
            return _ALL


def _seen_by_cast(op: Cast) -> int:
    finest = int(np.max(op.to.frac))
    match op.rounding:
        case Round.TRN:
            return finest
        case Round.RND:
            return finest + 1
        case _:
            return _ALL


def _cut_at(graph: Graph) -> Mapping[str, int]:
    """Values to be shortened, and to how many places; none of them depends on another but through a cast.

    These are constants and results of ops that mix bits. What casts alone read is left to them, and a product
    to its bias.
    """
    lies_on = grids(graph)
    cut: dict[str, int] = {}
    behind: set[str] = set()
    places_of = seen_places(graph)
    for node in graph.nodes:
        name, places = node.name, places_of[node.name]
        if not behind.isdisjoint(node.inputs) and not isinstance(node.op, Cast):
            behind.add(name)
            continue
        if not -_ALL < places < _ALL or places >= int(np.max(lies_on[name])):
            continue
        if np.max(graph.info(name).type.frac) <= places or isinstance(node.op, Input) or _passes_on(node):
            continue
        readers_round = all(isinstance(user.op, Cast) for user in graph.users[name])
        if readers_round or bias_of(graph, name) is not None:
            continue
        cut[name] = places
        behind.add(name)
    return cut


def _passes_on(node: Node) -> bool:
    """True if the op's inputs are shortened instead of its result."""
    if isinstance(node.op, Relu | Max | Min | MaxPool | Pad | Concat | Lookup):
        return True
    if isinstance(node.op, Scale):
        return isinstance(node.op.shift, int)
    return node.op.kind is Kind.MOVES


def _shortened(graph: Graph, cut: Mapping[str, int]) -> Graph:
    """The graph with `cut` values shortened; what lies between them and the casts has new names."""
    build, names = Builder(graph.name), {node.name for node in graph.nodes}
    short: dict[str, str] = {}
    for node in graph.nodes:
        inputs = tuple(short.get(name, name) for name in node.inputs)
        if inputs != node.inputs and not isinstance(node.op, Cast):
            short[node.name] = build.append(Node(new_name(f"{node.name}.short", names), node.op, inputs))
        else:
            build.append(Node(node.name, node.op, inputs))
        if node.name not in cut:
            continue
        source = short.get(node.name, node.name)
        if isinstance(node.op, Const):
            op = _floored(graph.info(node.name), cut[node.name])
            short[node.name] = build.append(Node(new_name(f"{node.name}.short", names), op))
        else:
            op = _floor(build.info(source), cut[node.name])
            short[node.name] = build.append(Node(new_name(f"{node.name}.short", names), op, (source,)))
    return Graph(graph.name, build.nodes, graph.outputs)


def _floored(info: ValueInfo, places: int) -> Const:
    """A constant rounded down to so many places."""
    codes = shift_right(info.aligned(info.frac)[0], info.frac - places, Round.TRN)
    return Const(codes, cover(int(codes.min()), int(codes.max()), places))


def _floor(info: ValueInfo, places: int) -> Cast:
    """The cast that rounds a value down to so many places and keeps its range."""
    low, high = (shift_right(end, info.frac - places, Round.TRN) for end in info.aligned(info.frac))
    return Cast(cover(int(low.min()), int(high.max()), places), Round.TRN, Overflow.SAT)
