"""The work and memory that a sample takes, so that networks of large images get fewer samples at a time.

Invariant: figures are estimates that decide how many samples are run, never what a sample gives.
"""

from __future__ import annotations

from edgeml.ir.graph import Graph
from edgeml.ir.ops._linear import Linear

_ELEMENT = 16
"""Products of a matrix product that take as long as one element of any other op; measured, NumPy 2."""

_AT_ONCE = 1 << 23
"""Elements of the largest value, or of the windows of a convolution, of all samples of a batch."""


_ELEMENTS_AT_ONCE = 1 << 25
"""Elements of the inputs and outputs of all samples that are kept at a time."""


def sample_work(graph: Graph) -> int:
    """The work of a sample, in multiplications."""
    return products(graph) + _ELEMENT * sum(info.size for info in graph.infos.values())


def products(graph: Graph) -> int:
    """The multiplications of a sample in matrix products and convolutions."""
    total = 0
    for node in graph.nodes:
        if isinstance(node.op, Linear):
            weights = graph.info(node.inputs[1])
            total += graph.info(node.name).size * weights.size // weights.shape[-1]
    return total


def samples_within(graph: Graph, work: float, least: int, most: int) -> int:
    """The number of samples that take so much work, and whose inputs and outputs fit into memory.

    Args:
        graph: the graph.
        work: of all samples.
        least: the least number.
        most: the largest number.
    """
    ends = sum(graph.info(name).size for name in (*graph.inputs, *graph.outputs))
    count = min(work / max(sample_work(graph), 1), _ELEMENTS_AT_ONCE / max(ends, 1))
    return int(min(max(count, least), most))


def batch_size(graph: Graph, most: int) -> int:
    """The number of samples to run at a time, so that their values fit into memory."""
    widest = 1
    for node in graph.nodes:
        size = graph.info(node.name).size
        if isinstance(node.op, Linear):
            x, weights = (graph.info(name) for name in node.inputs)
            inside, filters = weights.shape[-2:]
            size = max(size, size // filters * (weights.size // (inside * filters)) * x.shape[-1])
        widest = max(widest, size)
    return max(min(_AT_ONCE // widest, most), 1)
