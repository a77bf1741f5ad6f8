"""Squeeze."""

from __future__ import annotations

from edgeml.importers.onnx_nodes._move import ONNX, moved
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, shape_of
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Axes of size 1 left out; all of them by default."""
    operand = reader.at(node, 0)
    stated = reader.optional(node, 1, "axes")
    every = tuple(axis for axis, size in enumerate(shape_of(operand)) if size == 1)
    axes = node.integers("axes", every) if stated is None else stated.integers("the axes")
    return moved(operand, lambda array: array.squeeze(axes))
