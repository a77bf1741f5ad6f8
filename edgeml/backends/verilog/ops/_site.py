"""The argument of an emitter: one node, its input elements and the circuit to add cells to."""

from __future__ import annotations

from dataclasses import dataclass

from edgeml.backends.verilog.cells import Circuit, Nums
from edgeml.ir import Graph, Node


@dataclass(frozen=True)
class OpInputs:
    """One node with the elements of its inputs.

    Args:
        node: the node.
        circuit: makes the cells.
        x: the elements of every input.
        graph: for shapes, types and constants.
    """

    node: Node
    circuit: Circuit
    x: list[Nums]
    graph: Graph
