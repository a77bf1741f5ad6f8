"""Cast, of values that it does not change."""

from __future__ import annotations

from edgeml.errors import EdgemlError
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX

_FLOATS = (1, 10, 11)
"""FLOAT, FLOAT16 and DOUBLE of TensorProto."""


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """The input itself, for a cast to floats."""
    if node.integer("to", 0) not in _FLOATS:
        raise EdgemlError("a cast of a computed value to integers", hint="use a quantizer instead")
    return reader.at(node, 0)
