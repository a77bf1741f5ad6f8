"""QLinearAdd of ONNX Runtime."""

from __future__ import annotations

from edgeml.importers.onnx_nodes import _integer as common
from edgeml.importers.onnx_nodes._arithmetic import spread, total
from edgeml.importers.onnx_nodes.quantize_linear import as_codes
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, SourceConstant
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = frozenset({"com.microsoft"})


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Dequantize both, add, quantize."""
    a, b = common.two_values(node, reader)
    if isinstance(b, SourceConstant):
        value, numbers = spread(reader.assembly, a, b)
        summed = value.plus(numbers)
    else:
        summed = total(reader.assembly, a, b)
    return as_codes(reader, summed, *common.parameters(node, reader, 6))
