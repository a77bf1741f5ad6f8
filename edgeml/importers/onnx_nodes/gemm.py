"""Gemm: alpha * A * B + beta * C, B and C constant."""

from __future__ import annotations

from edgeml.importers.affine import exact as ex
from edgeml.importers.onnx_nodes._linear import biased, product
from edgeml.importers.onnx_nodes._move import ONNX, moved
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, SourceConstant
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Transposes are applied to the weights."""
    value = reader.value(node)
    if node.integer("transA", 0):
        value = value.with_index(value.index.T)
    weights = reader.constant(node, 1, "weights")
    if node.integer("transB", 0):
        turned = moved(weights, lambda array: array.T)
        assert isinstance(turned, SourceConstant)
        weights = turned
    result = product(reader.assembly, value, weights)
    alpha, beta = node.number("alpha", 1.0), node.number("beta", 1.0)
    if alpha != 1.0:
        result = result.times(ex.exact([alpha]))
    bias = reader.optional(node, 2, "bias")
    if bias is None or beta == 0.0:
        return result
    if beta == 1.0:
        return biased(result, bias)
    return result.plus(ex.as_exact(bias.numbers().reshape(-1) * ex.exact([beta])))
