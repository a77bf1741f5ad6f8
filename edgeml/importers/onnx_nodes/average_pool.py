"""AveragePool."""

from __future__ import annotations

from edgeml.errors import EdgemlError
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_nodes._pool import mean
from edgeml.importers.onnx_nodes._spatial import window
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Padding counts or not, as count_include_pad says."""
    value = reader.value(node)
    geometry = window(node, value.source_shape[2:])
    if any(dilation != 1 for dilation in geometry.dilations):
        raise EdgemlError("a dilated mean", hint="use no dilations")
    counts = bool(node.integer("count_include_pad", 0))
    if counts and node.integer("ceil_mode", 0):
        raise EdgemlError("count_include_pad with ceil_mode", hint="use one of the two")
    return mean(reader.assembly, value, geometry, counts)
