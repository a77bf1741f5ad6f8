"""QLinearAveragePool of ONNX Runtime."""

from __future__ import annotations

from edgeml.errors import EdgemlError
from edgeml.importers.onnx_nodes import _integer as common
from edgeml.importers.onnx_nodes._pool import mean
from edgeml.importers.onnx_nodes._spatial import window
from edgeml.importers.onnx_nodes.quantize_linear import as_codes
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = frozenset({"com.microsoft"})


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Dequantize, take the mean, quantize."""
    if node.integer("channels_last", 0):
        raise EdgemlError("channels_last", hint="export with channels first")
    value = common.real_value(reader.value(node), *common.parameters(node, reader, 1))
    geometry = window(node, value.source_shape[2:])
    means = mean(reader.assembly, value, geometry, bool(node.integer("count_include_pad", 0)))
    return as_codes(reader, means, *common.parameters(node, reader, 3))
