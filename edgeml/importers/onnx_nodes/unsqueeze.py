"""Unsqueeze."""

from __future__ import annotations

import numpy as np

from edgeml.importers.onnx_nodes._move import ONNX, moved
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """New axes of size 1."""
    stated = reader.optional(node, 1, "axes")
    axes = node.integers("axes", ()) if stated is None else stated.integers("the axes")
    return moved(reader.at(node, 0), lambda array: np.expand_dims(array, axes))
