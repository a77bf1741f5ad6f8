"""Gather of constant positions."""

from __future__ import annotations

import numpy as np

from edgeml.importers.onnx_nodes._move import ONNX, part_of
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Slices along an axis, in a stated order."""
    positions = reader.constant(node, 1, "positions")
    positions.integers("the positions")
    axis = node.integer("axis", 0)
    return part_of(reader, reader.at(node, 0), lambda array: np.take(array, positions.values, axis=axis))
