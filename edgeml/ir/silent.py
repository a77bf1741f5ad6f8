"""Products by weights that are the same for every input, and the reason."""

from __future__ import annotations

import numpy as np

from edgeml.ir.graph import Graph, Node
from edgeml.ir.ops._linear import Linear


def silent_layers(graph: Graph) -> list[Node]:
    """The products by weights whose result is the same for every input, in the order of the graph."""
    constants = graph.constants
    return [
        node
        for node in graph.nodes
        if isinstance(node.op, Linear) and node.name not in constants and graph.info(node.name).is_constant
    ]


def silence(graph: Graph, node: Node) -> str:
    """The reason why the product of a silent layer does not vary, as a clause."""
    value, weights = (graph.info(name) for name in node.inputs)
    nonzero = int(np.count_nonzero(weights.lo))
    if not nonzero:
        return f"all of its {weights.size:,} weights are zero"
    if value.is_constant:
        return (
            f"none of its {value.size:,} inputs varies, and it keeps {nonzero:,} of {weights.size:,} weights"
        )
    return f"none of the {nonzero:,} weights that it keeps of {weights.size:,} reads an input that varies"
