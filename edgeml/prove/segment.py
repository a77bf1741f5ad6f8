"""The ops of a graph between some values and another: the reference of a stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.ir import Graph
from edgeml.ir.evaluate import run_nodes
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.input import Input
from edgeml.ir.structure import Structure, source


class GraphSegment:
    """One value of a graph as a function of others.

    Args:
        graph: a prepared graph.
        sources: names of the values that are given.
        value: name of the value that is computed.

    Raises:
        EdgemlError: the value depends on an input that is not among the sources.
    """

    def __init__(self, graph: Graph, sources: Sequence[str], value: str) -> None:
        self.graph, self.sources, self.value = graph, tuple(sources), value
        names, reached = [value], set[str]()
        while names:
            name = names.pop()
            if name in reached or name in sources:
                continue
            reached.add(name)
            if isinstance(graph.node(name).op, Input):
                raise EdgemlError(f"depends on {name}, which the artefact does not read", value)
            names += graph.node(name).inputs
        self.nodes = [node for node in graph.nodes if node.name in reached]
        self.structure = self._structure()

    @property
    def ops(self) -> str:
        """The ops in words: "mat_mul, add"."""
        kinds = [node.op.op_name() for node in self.nodes if not isinstance(node.op, Const)]
        return ", ".join(dict.fromkeys(kinds)) or "the value itself"

    @property
    def lo(self) -> list[IntArray]:
        """The lower bounds of the sources."""
        return [self.graph.info(name).lo for name in self.sources]

    @property
    def hi(self) -> list[IntArray]:
        """The upper bounds of the sources."""
        return [self.graph.info(name).hi for name in self.sources]

    @property
    def size(self) -> int:
        """Elements of sources and value."""
        return sum(self.graph.info(name).size for name in (*self.sources, self.value))

    def evaluate(self, codes: Mapping[str, IntArray]) -> IntArray:
        """Codes (batch, *shape) of the value for codes of the sources."""
        values = dict(codes)
        run_nodes(self.nodes, self.graph.infos, values)
        batch = next(iter(codes.values())).shape[0] if codes else 1
        shape = self.graph.info(self.value).shape
        return np.array(np.broadcast_to(values[self.value], (batch, *shape)))

    def _structure(self) -> Structure:
        structures: dict[str, Structure] = {}
        first = 0
        for name in self.sources:
            info = self.graph.info(name)
            structures[name] = source(info.shape, first, np.asarray(info.type.frac, np.int64))
            first += info.size
        for node in self.nodes:
            infos = [self.graph.info(name) for name in node.inputs]
            inputs = [structures[name] for name in node.inputs]
            structures[node.name] = node.op.structure(inputs, infos, self.graph.info(node.name))
        return structures[self.value]
