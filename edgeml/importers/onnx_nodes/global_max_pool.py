"""GlobalMaxPool."""

from __future__ import annotations

from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_nodes._pool import largest
from edgeml.importers.onnx_nodes._spatial import SourceWindow
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """The maximum over all pixels."""
    value = reader.value(node)
    space = value.source_shape[2:]
    ones = (1,) * len(space)
    return largest(reader.assembly, value, SourceWindow(space, ones, ((0, 0),) * len(space), ones))
