"""Reshape."""

from __future__ import annotations

from edgeml.importers.onnx_nodes._move import ONNX, moved, reshape_to
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """The same elements in another shape; before opset 5 the shape is an attribute."""
    stated = reader.optional(node, 1, "shape")
    sizes = node.integers("shape", ()) if stated is None else stated.integers("the shape")
    return moved(reader.at(node, 0), reshape_to(sizes, bool(node.integer("allowzero", 0))))
