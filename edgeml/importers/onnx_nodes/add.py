"""Add."""

from __future__ import annotations

from edgeml.importers.onnx_nodes._arithmetic import spread, total
from edgeml.importers.onnx_nodes._linear import biased
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, SourceConstant
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Two values, or a value and a constant (a bias)."""
    return of(reader, reader.at(node, 0), reader.at(node, 1))


def of(reader: OnnxReader, a: Operand, b: Operand) -> Operand:
    """The sum of two operands."""
    if isinstance(a, SourceConstant) and isinstance(b, SourceConstant):
        return SourceConstant(a.values + b.values)
    if isinstance(a, SourceConstant):
        a, b = b, a
    assert not isinstance(a, SourceConstant)
    if not isinstance(b, SourceConstant):
        return total(reader.assembly, a, b)
    if b.codes is not None and a.plain and b.values.size == a.source_shape[-1] and len(a.source_shape) == 2:
        return biased(a, b)
    value, numbers = spread(reader.assembly, a, b)
    return value.plus(numbers)
