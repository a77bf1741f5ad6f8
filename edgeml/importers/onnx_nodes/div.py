"""Div by a constant."""

from __future__ import annotations

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.affine import exact as ex
from edgeml.importers.onnx_nodes._arithmetic import scaled_constant, spread
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, SourceConstant
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """A product with the reciprocal, which is a rational number."""
    a, b = reader.at(node, 0), reader.constant(node, 1, "divisor")
    if np.any(b.values == 0):
        raise EdgemlError("a division by zero")
    if isinstance(a, SourceConstant):
        return scaled_constant(a, b, True)
    value, numbers = spread(reader.assembly, a, b)
    return value.times(ex.as_exact(1 / numbers))
