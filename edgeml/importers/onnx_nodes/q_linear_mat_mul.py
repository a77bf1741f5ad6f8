"""QLinearMatMul: integers in and out."""

from __future__ import annotations

from edgeml.importers.onnx_nodes import _integer as common
from edgeml.importers.onnx_nodes._linear import product
from edgeml.importers.onnx_nodes.quantize_linear import as_codes
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = common.INTEGER


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Dequantize, multiply, quantize."""
    x_scale, x_zero = common.parameters(node, reader, 1)
    w_scale, w_zero = common.parameters(node, reader, 4)
    y_scale, y_zero = common.parameters(node, reader, 6)
    weights = common.real_constant(reader.constant(node, 3, "weights"), w_scale, w_zero, 1)
    sums = product(reader.assembly, common.real_value(reader.value(node), x_scale, x_zero), weights)
    return as_codes(reader, sums, y_scale, y_zero)
