"""LeakyRelu."""

from __future__ import annotations

from edgeml.importers.affine import exact as ex
from edgeml.importers.onnx_nodes._leaky import leaky
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """One slope; dyadic ones are exact."""
    return leaky(reader.assembly, reader.value(node), ex.exact([node.number("alpha", 0.01)]))
