"""Min."""

from __future__ import annotations

from edgeml.importers.onnx_nodes._extremes import extreme
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """The least of values and numbers, element by element."""
    return extreme(node, reader, larger=False)
