"""ConvInteger: integers in, their sums of products out."""

from __future__ import annotations

from edgeml.importers.onnx_nodes._integer import without_zero_points
from edgeml.importers.onnx_nodes._linear import convolved
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """(x - x_zero_point) with filters (w - w_zero_point), whose zero points may be one per filter."""
    return convolved(reader.assembly, node, *without_zero_points(node, reader, 0))
