"""PRelu with constant slopes."""

from __future__ import annotations

from edgeml.importers.onnx_nodes._arithmetic import spread
from edgeml.importers.onnx_nodes._leaky import leaky
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """A slope per channel; dyadic ones are exact."""
    value, slopes = spread(reader.assembly, reader.value(node), reader.constant(node, 1, "slope"))
    return leaky(reader.assembly, value, slopes)
