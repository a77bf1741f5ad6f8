"""The coarsest binary grid on which every element of every value provably lies.

A type says that a value is a multiple of 2^-frac; often it is a multiple of more: weights that share
trailing zeros, per-channel powers of two, a value that was cast to fewer bits and shifted. Float mantissas
do not care where the binary point is, so what a partial sum needs is its size in units of its own grid.
Each op's own file computes the grid of its result from those of its inputs.

Invariant: element e of value v is an integer times 2^-grids[v][e]; ZERO for an element that is always zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from edgeml.fixed import IntArray
from edgeml.ir.graph import Graph, Node
from edgeml.ir.info import ValueInfo
from edgeml.ir.steps import NEVER_ZERO, ZERO, GridInfo


def grids(graph: Graph) -> Mapping[str, IntArray]:
    """The grid of every value of a graph, as an array of the value's shape."""
    values: dict[str, GridInfo] = {}
    know(graph.nodes, graph.infos, values)
    return {name: value.grid for name, value in values.items()}


def know(nodes: Iterable[Node], infos: Mapping[str, ValueInfo], values: dict[str, GridInfo]) -> None:
    """Add the results of `nodes`, in topological order, to `values`, which has those of their inputs."""
    for node in nodes:
        info = infos[node.name]
        grid = np.broadcast_to(node.op.grid([values[name] for name in node.inputs], info), info.shape)
        values[node.name] = GridInfo(info, np.where(grid < NEVER_ZERO, ZERO, grid))
