"""Expand."""

from __future__ import annotations

import math

import numpy as np

from edgeml import limits
from edgeml.errors import EdgemlError
from edgeml.importers.onnx_nodes._move import ONNX, moved
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, shape_of
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Axes of size 1 repeated, the batch not.

    Raises:
        EdgemlError: the shapes do not broadcast.
    """
    operand = reader.at(node, 0)
    stated = reader.constant(node, 1, "shape").integers("its shape")
    shape = shape_of(operand)
    try:
        sizes = np.broadcast_shapes(shape, stated)
    except ValueError:
        raise EdgemlError(f"a value of shape {shape} does not expand to {stated}") from None
    if len(sizes) != len(shape) or sizes[0] != shape[0]:
        raise EdgemlError(f"a value of shape {shape} expanded to {stated}, along its batch or to more axes")
    limits.VALUE.check(math.prod(sizes), "the result has")
    return moved(operand, lambda array: np.ascontiguousarray(np.broadcast_to(array, sizes)))
