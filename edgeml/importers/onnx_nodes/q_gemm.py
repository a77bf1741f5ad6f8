"""QGemm of ONNX Runtime: integers in, integers or floats out."""

from __future__ import annotations

from edgeml.importers.affine import exact as ex
from edgeml.importers.onnx_nodes import _integer as common
from edgeml.importers.onnx_nodes._linear import biased, product
from edgeml.importers.onnx_nodes.quantize_linear import as_codes
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, SourceConstant
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = frozenset({"com.microsoft"})


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """alpha * A * B + C; the bias is int32 at the scale of the sums."""
    x_scale, x_zero = common.parameters(node, reader, 1)
    w_scale, w_zero = common.parameters(node, reader, 4)
    turned = bool(node.integer("transB", 0))
    weights = common.real_constant(reader.constant(node, 3, "weights"), w_scale, w_zero, 0 if turned else 1)
    weights = weights.moved(lambda array: array.T) if turned else weights
    alpha = node.number("alpha", 1.0)
    value = common.real_value(reader.value(node), x_scale, x_zero).times(ex.exact([alpha]))
    sums = product(reader.assembly, value, weights)
    bias = reader.optional(node, 6, "bias")
    if bias is not None:
        scale = (x_scale.values.reshape(-1) * w_scale.values.reshape(-1) * alpha).reshape(-1)
        codes = bias.values.reshape(-1).astype("int64")
        bias = SourceConstant(codes * scale, codes, scale)
    sums = biased(sums, bias)
    if not reader.has(node, 7):
        return sums
    return as_codes(reader, sums, *common.parameters(node, reader, 7))
