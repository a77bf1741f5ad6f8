"""QLinearConv: integers in and out."""

from __future__ import annotations

from edgeml.importers.onnx_nodes import _integer as common
from edgeml.importers.onnx_nodes._linear import biased, convolved
from edgeml.importers.onnx_nodes.quantize_linear import as_codes
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, SourceConstant
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = common.INTEGER


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Dequantize, convolve, quantize; the bias is int32 at the scale of the sums."""
    x_scale, x_zero = common.parameters(node, reader, 1)
    w_scale, w_zero = common.parameters(node, reader, 4)
    y_scale, y_zero = common.parameters(node, reader, 6)
    weights = common.real_constant(reader.constant(node, 3, "weights"), w_scale, w_zero, 0)
    value = common.real_value(reader.value(node), x_scale, x_zero)
    sums = convolved(reader.assembly, node, value, weights)
    bias = reader.optional(node, 8, "bias")
    if bias is not None:
        scale = (x_scale.values.reshape(-1) * w_scale.values.reshape(-1)).reshape(-1)
        bias = SourceConstant(bias.values * scale, bias.values.astype("int64"), scale)
    return as_codes(reader, biased(sums, bias), y_scale, y_zero)
