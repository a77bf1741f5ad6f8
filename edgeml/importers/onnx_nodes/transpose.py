"""Transpose."""

from __future__ import annotations

from edgeml.importers.onnx_nodes._move import ONNX, moved
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, shape_of
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Axes in another order, reversed by default."""
    operand = reader.at(node, 0)
    order = node.integers("perm", tuple(reversed(range(len(shape_of(operand))))))
    return moved(operand, lambda array: array.transpose(order))
