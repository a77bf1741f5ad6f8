"""The part of a graph between some values and another one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.ir.graph import Graph, Node
from edgeml.ir.ops.input import Input
from edgeml.ir.structure import Structure, constant, source


def nodes_between(graph: Graph, sources: Sequence[str], value: str) -> list[Node]:
    """The nodes that compute a value from others, in the graph's order.

    Args:
        graph: the graph.
        sources: names of the values that are given.
        value: name of the value that is computed.

    Raises:
        EdgemlError: the value depends on an input that is not among the sources.
    """
    names, reached = [value], set[str]()
    while names:
        name = names.pop()
        if name in reached or name in sources:
            continue
        reached.add(name)
        if isinstance(graph.node(name).op, Input):
            raise EdgemlError(f"depends on {name}, which the artefact does not read", value)
        names += graph.node(name).inputs
    return [node for node in graph.nodes if node.name in reached]


def structure_between(graph: Graph, sources: Sequence[str], value: str) -> Structure:
    """The structure of a value as a function of the elements of others, one value after the other.

    Args:
        graph: the graph.
        sources: names of the values that are given.
        value: name of the value that is computed.

    Raises:
        EdgemlError: the value depends on an input that is not among the sources.
    """
    structures: dict[str, Structure] = {}
    first = 0
    for name in sources:
        info = graph.info(name)
        structures[name] = source(info.shape, first, np.asarray(info.type.frac, np.int64))
        first += info.size
    for node in nodes_between(graph, sources, value):
        infos, info = [graph.info(name) for name in node.inputs], graph.info(node.name)
        if node.inputs and np.array_equal(info.lo, info.hi):  # by its interval
            structures[node.name] = constant(info.shape)
            continue
        inputs = [structures[name] for name in node.inputs]
        structures[node.name] = node.op.structure(inputs, infos, info)
    return structures[value]
