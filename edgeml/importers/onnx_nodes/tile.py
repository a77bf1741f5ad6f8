"""Tile."""

from __future__ import annotations

import numpy as np

from edgeml import limits
from edgeml.errors import EdgemlError
from edgeml.importers.onnx_nodes._move import ONNX, moved
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, shape_of
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """The value several times along its axes, the batch once.

    Raises:
        EdgemlError: the batch is repeated, or the counts do not fit.
    """
    operand = reader.at(node, 0)
    counts = reader.constant(node, 1, "counts").integers("its counts")
    shape = shape_of(operand)
    if len(counts) != len(shape) or min(counts) < 1 or counts[0] != 1:
        raise EdgemlError(f"counts {counts} for a value of shape {shape}")
    limits.VALUE.check(int(np.prod(np.array(shape, np.float64) * counts)), "the result has")
    return moved(operand, lambda array: np.tile(array, counts))
