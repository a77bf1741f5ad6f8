"""QLinearGlobalAveragePool of ONNX Runtime."""

from __future__ import annotations

from edgeml.errors import EdgemlError
from edgeml.importers.onnx_nodes import _integer as common
from edgeml.importers.onnx_nodes._pool import mean
from edgeml.importers.onnx_nodes._spatial import SourceWindow
from edgeml.importers.onnx_nodes.quantize_linear import as_codes
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = frozenset({"com.microsoft"})


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Dequantize, take the mean over all pixels, quantize."""
    if node.integer("channels_last", 0):
        raise EdgemlError("channels_last", hint="export with channels first")
    value = common.real_value(reader.value(node), *common.parameters(node, reader, 1))
    space = value.source_shape[2:]
    ones = (1,) * len(space)
    everything = SourceWindow(space, ones, ((0, 0),) * len(space), ones)
    return as_codes(
        reader, mean(reader.assembly, value, everything, True), *common.parameters(node, reader, 3)
    )
