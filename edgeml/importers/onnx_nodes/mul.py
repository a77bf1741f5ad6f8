"""Mul."""

from __future__ import annotations

from edgeml.importers.onnx_nodes._arithmetic import multiplied, scaled_constant, spread
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, SourceConstant
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Two values, or a value and a constant."""
    a, b = reader.at(node, 0), reader.at(node, 1)
    if isinstance(a, SourceConstant) and isinstance(b, SourceConstant):
        return scaled_constant(a, b, False) if a.codes is not None else scaled_constant(b, a, False)
    if isinstance(a, SourceConstant):
        a, b = b, a
    assert not isinstance(a, SourceConstant)
    if not isinstance(b, SourceConstant):
        return multiplied(reader.assembly, a, b)
    value, numbers = spread(reader.assembly, a, b)
    return value.times(numbers)
