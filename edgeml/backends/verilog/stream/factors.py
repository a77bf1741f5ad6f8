"""The option `reuse_factor`, layer by layer: how often a layer's multipliers are used for a sample or window.

Invariant: a factor that is given for a layer by its name is used as it is, or refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from edgeml.ir import Graph, Node
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.settings import OTHERS, per_layer

Reuse: TypeAlias = int | Mapping[str, int] | None
"""One factor for all dense layers, or a table by layer; None: as many clocks as a sample takes to come in."""


def is_dense(graph: Graph, node: Node) -> bool:
    """True if a node is the product of one vector with a matrix, which can be folded."""
    return isinstance(node.op, MatMul) and len(graph.info(node.name).shape) == 1


def dense_layers(graph: Graph) -> tuple[str, ...]:
    """Layers that can be folded, in the order of the data."""
    constants = graph.constants
    nodes = (node for node in graph.nodes if node.name not in constants and is_dense(graph, node))
    return tuple(dict.fromkeys(node.layer for node in nodes))


def largest(reuse: Reuse) -> int:
    """The largest factor in the option; 1 if it has none."""
    if isinstance(reuse, Mapping):
        return max(reuse.values(), default=1)
    return reuse or 1


def of(reuse: Reuse, layer: str) -> int | None:
    """The factor for a layer; None if the option has none for it."""
    return per_layer(reuse, layer)


def of_window(reuse: Reuse, layer: str) -> int | None:
    """The factor given for a convolution by its name: clocks for each window; None if there is none."""
    return reuse.get(layer) if isinstance(reuse, Mapping) else None


def of_input(reuse: Reuse, graph: Graph, chain: tuple[Node, ...]) -> int | None:
    """Beats in which a vector at the input may come: the factor of the dense layer that reads it.

    Args:
        reuse: the option.
        graph: the graph.
        chain: its nodes, the input left out.
    """
    if not isinstance(reuse, Mapping):
        return reuse
    for node in chain:
        if is_dense(graph, node):
            return of(reuse, node.layer)
        if len(graph.info(node.name).shape) != 1:
            return None
    return of(reuse, OTHERS)


def fewest_lanes(size: int, count: int, reuse: int) -> int:
    """The fewest elements per beat so that `count` beats of `size` elements take at most `reuse` clocks.

    >>> fewest_lanes(64, 1, 16), fewest_lanes(64, 1, 20), fewest_lanes(16, 25, 8)
    (4, 4, 16)
    """
    fits = [lanes for lanes in range(1, size + 1) if size % lanes == 0 and count * (size // lanes) <= reuse]
    return min(fits, default=size)


def choices(size: int, count: int) -> tuple[int, ...]:
    """All factors that make a difference for a layer: clocks in which its elements can come, ascending.

    >>> choices(6, 1), choices(4, 25)
    ((1, 2, 3, 6), (25, 50, 100))
    """
    return tuple(count * parts for parts in range(1, size + 1) if size % parts == 0)
