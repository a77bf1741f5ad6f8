"""MatMul with constant weights."""

from __future__ import annotations

from edgeml.importers.onnx_nodes._linear import product
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """x times the second input."""
    return product(reader.assembly, reader.value(node), reader.constant(node, 1, "second factor"))
