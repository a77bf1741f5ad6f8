"""Sum."""

from __future__ import annotations

from edgeml.importers.onnx_nodes import add
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Values and constants added one after the other."""
    total = reader.at(node, 0)
    for place in range(1, len(node.inputs)):
        total = add.of(reader, total, reader.at(node, place))
    return total
