"""Ops on single elements that end in a cast, as one function of the values that they read.

Invariant: a region's inner values are read within it alone, or within regions that end in other casts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgeml.fixed import IntArray
from edgeml.ir.evaluate import run_nodes
from edgeml.ir.graph import Graph, Node
from edgeml.ir.info import ValueInfo


@dataclass(frozen=True)
class CastRegion:
    """Some ops of a graph and the cast that they end in.

    Args:
        nodes: in the graph's order; the last one is the cast.
        leaves: the values that they read, constants apart.
    """

    nodes: tuple[Node, ...]
    leaves: tuple[str, ...]

    @property
    def end(self) -> Node:
        """The cast."""
        return self.nodes[-1]

    def pixel(self, graph: Graph) -> Mapping[str, ValueInfo] | None:
        """The infos of all values for one pixel, (1, ..., channels); None if constants or types differ."""
        infos: dict[str, ValueInfo] = {}
        for name in dict.fromkeys(
            (*self.leaves, *(n for node in self.nodes for n in (*node.inputs, node.name)))
        ):
            info = graph.info(name)
            parts = [np.asarray(info.type.width), np.asarray(info.type.frac)]
            if name in graph.constants:
                parts.append(info.lo)
            if any(size > 1 for part in parts for size in part.shape[:-1]):
                return None
            space = tuple(range(len(info.shape) - 1))
            lo, hi = info.lo.min(axis=space, keepdims=True), info.hi.max(axis=space, keepdims=True)
            infos[name] = ValueInfo(tuple(lo.shape), info.type, lo, hi)
        return infos

    def evaluate(
        self, graph: Graph, infos: Mapping[str, ValueInfo], leaves: Mapping[str, IntArray]
    ) -> IntArray:
        """Codes of the end for codes (rows, ..., channels) of the leaves of one pixel."""
        values = dict(leaves)
        for node in self.nodes:
            for name in node.inputs:
                if name in graph.constants:
                    values[name] = graph.constants[name][np.newaxis]
        run_nodes(self.nodes, infos, values)
        return values[self.end.name]
