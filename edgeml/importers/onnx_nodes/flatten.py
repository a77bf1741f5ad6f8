"""Flatten."""

from __future__ import annotations

import math

from edgeml.importers.onnx_nodes._move import ONNX, moved
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, shape_of
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Two axes: all before `axis`, and the others."""
    operand = reader.at(node, 0)
    shape, axis = shape_of(operand), node.integer("axis", 1)
    axis += len(shape) if axis < 0 else 0
    rows = math.prod(shape[:axis])
    return moved(operand, lambda array: array.reshape(rows, -1))
