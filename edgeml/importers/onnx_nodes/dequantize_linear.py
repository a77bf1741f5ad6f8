"""DequantizeLinear: integers times a scale."""

from __future__ import annotations

from edgeml.importers.onnx_nodes import _integer as common
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = common.INTEGER


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """(x - zero_point) * scale; of constants the integers are kept."""
    operand = reader.at(node, 0)
    scale, zero = common.parameters(node, reader, 1)
    return common.real(operand, scale, zero, node.integer("axis", 1))
