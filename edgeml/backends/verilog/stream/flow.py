"""The order of a graph's data: its one input, what follows it, and the beats in which the input comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgeml.backends.verilog.stream import factors
from edgeml.backends.verilog.stream.beats import Beats, CannotStreamError, beats
from edgeml.fixed import FixedType, IntArray
from edgeml.ir import Graph, Node
from edgeml.ir.kind import Kind
from edgeml.ir.ops.input import Input


@dataclass(frozen=True)
class DataFlow:
    """A graph with one input and one output.

    Args:
        graph: of core ops.
        constants: codes of the values that no input reaches.
        start: the input.
        nodes: all others that are not constant, in the order of the data.
    """

    graph: Graph
    constants: Mapping[str, IntArray]
    start: Node
    nodes: tuple[Node, ...]

    def varying(self, node: Node) -> tuple[str, ...]:
        """The values that a node reads and that are not constant."""
        return tuple(name for name in node.inputs if name not in self.constants)


def flow(graph: Graph) -> DataFlow:
    """The nodes that segments are made of.

    Raises:
        CannotStreamError: there are several inputs or outputs.
    """
    constants = graph.constants
    (first, *more) = [node for node in graph.nodes if isinstance(node.op, Input)]
    if more:
        raise CannotStreamError(more[0], f"a stream has one input, the graph {len(more) + 1}")
    nodes = tuple(n for n in graph.nodes if n.name not in constants and n is not first)
    last = nodes[-1] if nodes else first
    if graph.outputs != (last.name,):
        reason = f"the outputs are {', '.join(graph.outputs)}; a stream ends in one"
        raise CannotStreamError(last, reason)
    return DataFlow(graph, constants, first, nodes)


def chain(graph: Graph) -> DataFlow:
    """The nodes of a graph whose segments stand one behind the other.

    Raises:
        CannotStreamError: there are several inputs or outputs, or branches that another op than one on single
            elements is part of.
    """
    of = flow(graph)
    before, present = of.start.name, {of.start.name}
    for node in of.nodes:
        sources = set(of.varying(node))
        pointwise = node.op.kind is Kind.POINTWISE
        if not sources <= present or (len(sources) != 1 and not pointwise):
            raise CannotStreamError(node, f"reads something else than {before} alone")
        before = node.name
        present = {*present, before} if pointwise else {before}
    return of


def source(of: DataFlow, reuse: int | None) -> Beats:
    """The beats of the input.

    Args:
        of: the graph.
        reuse: beats in which a vector may come; None: an element at a time. An image comes in pixels.

    Raises:
        CannotStreamError: it is no stream.
    """
    node, info = of.start, of.graph.info(of.start.name)
    if not isinstance(info.type, FixedType):
        raise CannotStreamError(node, "its elements have types of their own")
    if not info.shape:
        raise CannotStreamError(node, "a scalar is no stream")
    lanes = info.shape[-1]
    if len(info.shape) == 1:
        lanes = factors.fewest_lanes(info.size, 1, reuse or info.size)
    beat = (*(1,) * (len(info.shape) - 1), lanes)
    lo, hi, frac = (np.full(beat, n, np.int64) for n in (info.type.lo, info.type.hi, info.type.frac))
    return beats(node.name, info.shape, info.size // lanes, beat, lo, hi, frac)
