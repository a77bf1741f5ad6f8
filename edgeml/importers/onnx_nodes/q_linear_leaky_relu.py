"""QLinearLeakyRelu of ONNX Runtime."""

from __future__ import annotations

from edgeml.importers.affine import exact as ex
from edgeml.importers.onnx_nodes import _integer as common
from edgeml.importers.onnx_nodes._leaky import leaky
from edgeml.importers.onnx_nodes.quantize_linear import as_codes
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = frozenset({"com.microsoft"})


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Dequantize, apply, quantize."""
    value = common.real_value(reader.value(node), *common.parameters(node, reader, 1))
    return as_codes(
        reader,
        leaky(reader.assembly, value, ex.exact([node.number("alpha", 0.01)])),
        *common.parameters(node, reader, 3),
    )
