"""Sub."""

from __future__ import annotations

from edgeml.importers.affine import exact as ex
from edgeml.importers.onnx_nodes._arithmetic import spread, total
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, SourceConstant
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """A sum whose second part has the other sign."""
    a, b = reader.at(node, 0), reader.at(node, 1)
    minus = ex.exact([-1])
    if isinstance(a, SourceConstant) and isinstance(b, SourceConstant):
        return SourceConstant(a.values - b.values)
    if isinstance(b, SourceConstant):
        assert not isinstance(a, SourceConstant)
        value, numbers = spread(reader.assembly, a, b)
        return value.plus(ex.as_exact(-numbers))
    if isinstance(a, SourceConstant):
        value, numbers = spread(reader.assembly, b, a)
        return value.times(minus).plus(numbers)
    return total(reader.assembly, a, b.times(minus))
