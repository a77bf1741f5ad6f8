"""ReduceMax."""

from __future__ import annotations

from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_nodes._pool import largest
from edgeml.importers.onnx_nodes._reduce import reduced
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """The largest element over some axes, kept or not."""
    return reduced(node, reader, largest)
