"""The exact graph: ops on integers with proven ranges.

`graph` is the verified graph, `builder` makes one, `evaluate` runs it in int64 (the oracle), `text`
prints it and `parse` reads that, `saved` stores it, `ops/` holds one file per op.
"""

from __future__ import annotations

from edgeml.ir.builder import Builder
from edgeml.ir.composite import Composite
from edgeml.ir.evaluate import constant_codes, evaluate, evaluate_codes, input_codes, outputs_of
from edgeml.ir.graph import Graph, Node, graph_of
from edgeml.ir.info import Shape, ValueInfo
from edgeml.ir.note import Note
from edgeml.ir.op import Op

__all__ = [
    "Builder",
    "Composite",
    "Graph",
    "Node",
    "Note",
    "Op",
    "Shape",
    "ValueInfo",
    "constant_codes",
    "evaluate",
    "evaluate_codes",
    "graph_of",
    "input_codes",
    "outputs_of",
]
