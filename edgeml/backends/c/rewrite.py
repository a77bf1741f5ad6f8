"""The graph as C computes it: one LSB where an op reads, and no value beside the same one with an offset.

Invariant: every value that is in both graphs has the same codes.
"""

from __future__ import annotations

import numpy as np

from edgeml.backends.c.integers import storage
from edgeml.fixed import FixedType, FixedTypeArray, Overflow, Round, cover
from edgeml.ir import Graph, Node
from edgeml.ir.kind import Kind
from edgeml.ir.ops._move import Move
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.scale import Scale

_ELSEWHERE = (Const, Input, Reshape, Scale)
"""Ops whose codes have no memory of their own."""


def aligned(core: Graph) -> Graph:
    """The graph with one LSB in every value that an op reads, but for ops that read codes as they are.

    Where elements have LSBs of their own, an exact cast to the finest of them stands before the op.
    """
    nodes: list[Node] = []
    names = {node.name for node in core.nodes}
    finest: dict[str, str] = {}
    for node in core.nodes:
        sources = list(node.inputs)
        if not isinstance(node.op, Cast | Scale | Move):
            for at, name in enumerate(sources):
                if _is_mixed(core, name) and not isinstance(core.node(name).op, Const):
                    if name not in finest:
                        finest[name] = _free(f"{name}.aligned", names)
                        nodes.append(Node(finest[name], _exact_cast(core, name), (name,)))
                    sources[at] = finest[name]
        nodes.append(Node(node.name, node.op, tuple(sources)))
    return Graph(core.name, nodes, core.outputs) if finest else core


def _is_mixed(graph: Graph, name: str) -> bool:
    kind = graph.info(name).type
    return isinstance(kind, FixedTypeArray) and bool(np.any(kind.frac != kind.frac.flat[0]))


def _exact_cast(graph: Graph, name: str) -> Cast:
    """To the narrowest type with the finest LSB that holds all values."""
    info = graph.info(name)
    frac = int(np.max(info.type.frac))
    lo, hi = info.aligned(frac)
    to: FixedType = cover(int(lo.min()), int(hi.max()), frac)
    return Cast(to, Round.TRN, Overflow.WRAP)


def _free(stem: str, names: set[str]) -> str:
    name = stem
    while name in names:
        name += "_"
    names.add(name)
    return name


def without_twins(core: Graph) -> Graph:
    """The graph in which no value is kept in memory beside its sum with a constant.

    Quantized models need `a` for a residual sum and `a + zero point` for a convolution. Where element-wise
    ops alone read `a`, they read `(a + zero point) - zero point` instead.
    """
    twins = {node.name: twin for node in core.nodes if (twin := _twin(core, node)) is not None}
    if not twins:
        return core
    nodes = [node for node in core.nodes if isinstance(node.op, Const)]
    names, early = {node.name for node in core.nodes}, {twin.name for twin in twins.values()}
    for node in core.nodes:
        if isinstance(node.op, Const) or node.name in early:
            continue
        line = [node]
        while (twin := twins.get(line[-1].name)) is not None:
            line.append(twin)
        for one in line:
            inputs = list(one.inputs)
            for at, name in enumerate(inputs):
                if name in twins and twins[name] is not one:
                    inputs[at] = _again(core, core.node(name), twins[name], names, nodes)
            nodes.append(Node(one.name, one.op, tuple(inputs)))
    return Graph(core.name, nodes, core.outputs)


def _twin(graph: Graph, node: Node) -> Node | None:
    """The sum of a value and a constant that can stand for the value, or None."""
    users = graph.users[node.name]
    if len(users) < 2 or node.name in graph.outputs or isinstance(node.op, _ELSEWHERE):
        return None
    return next((user for user in users if _stands_for(graph, user, node, users)), None)


def _stands_for(graph: Graph, twin: Node, node: Node, users: tuple[Node, ...]) -> bool:
    own, info = graph.info(node.name), graph.info(twin.name)
    if not isinstance(twin.op, Add) or twin.name in graph.outputs or info.shape != own.shape:
        return False
    constants = [graph.info(name) for name in twin.inputs if name in graph.constants]
    types = [one.type for one in (own, info, *constants)]
    if len(constants) != 1 or not all(isinstance(one, FixedType) and one.frac == own.frac for one in types):
        return False
    sizes = [storage(int(one.lo.min()), int(one.hi.max())).size for one in (info, own)]
    others = [user for user in users if user is not twin]
    return sizes[0] <= sizes[1] and all(
        user.op.kind is Kind.POINTWISE and graph.info(user.name).shape == own.shape for user in others
    )


def _again(graph: Graph, node: Node, twin: Node, names: set[str], nodes: list[Node]) -> str:
    """The name of a value with the codes of `node`, made of `twin`; its nodes are appended."""
    constant = next(name for name in twin.inputs if name in graph.constants)
    info, codes = graph.info(node.name), graph.constants[constant]
    negative = cover(-int(codes.max()), -int(codes.min()), info.frac)
    offset, total, again = (_free(f"{node.name}.{word}", names) for word in ("offset", "sum", "again"))
    nodes.append(Node(offset, Const(-codes, negative)))
    nodes.append(Node(total, Add(), (twin.name, offset)))
    nodes.append(Node(again, Cast(info.type, Round.TRN, Overflow.WRAP), (total,)))
    return again
