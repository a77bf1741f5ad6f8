"""Neg."""

from __future__ import annotations

from edgeml.importers.affine import exact as ex
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """The value times minus one."""
    return reader.value(node).times(ex.exact([-1]))
