"""QuantizeLinear: floats become integers."""

from __future__ import annotations

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine import settle
from edgeml.importers.affine.linear import is_sum_of_products
from edgeml.importers.affine.quantize import quantized, unchanged
from edgeml.importers.affine.quantizer import SourceQuantizer
from edgeml.importers.affine.rounding import SourceRounding
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.onnx_nodes import _integer as common
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, SourceConstant
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = common.INTEGER

_OF_BYTES = 255
"""Steps between the codes of a byte."""


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """saturate(round(x / scale) + zero_point), rounded half to even, as uint8, int8, uint16 or int16."""
    operand = reader.at(node, 0)
    scale, zero = common.parameters(node, reader, 1)
    low, high = common.limits_of(zero.values.dtype)
    axis = node.integer("axis", 1)
    if isinstance(operand, SourceConstant):
        rank = operand.values.ndim
        codes = np.rint(operand.values / common.along(scale.values, axis, rank))
        codes = np.clip(codes + common.along(zero.values, axis, rank), low, high)
        return SourceConstant(codes.astype(zero.values.dtype))
    return as_codes(reader, operand, scale, zero, axis)


def as_codes(
    reader: OnnxReader, value: AffineValue, scale: SourceConstant, zero: SourceConstant, axis: int = 1
) -> AffineValue:
    """The integers of a value.

    Raises:
        EdgemlError: the quantizer does not fit the value.
    """
    low, high = common.limits_of(zero.values.dtype)
    rank = len(value.source_shape)
    factor = value.spread(ex.exact(common.along(scale.values, axis, rank)))
    shift = value.spread(ex.exact(common.along(zero.values, axis, rank)))
    if np.any(factor <= 0):
        raise EdgemlError("a scale that is not positive")
    by = SourceQuantizer(factor, shift, low, high, SourceRounding.ROUND)
    result = _requantized(reader, value, by)
    return result.times(ex.as_exact(1 / factor)).plus(shift)


def _requantized(reader: OnnxReader, value: AffineValue, by: SourceQuantizer) -> AffineValue:
    """The quantizer on a value; on sums of products as ONNX Runtime's integer kernels compute it."""
    assembly = reader.assembly
    wide = by.high - by.low > _OF_BYTES  # ONNX Runtime has integer kernels for bytes alone
    if value.is_raw or value.function is not None or wide or not reader.integer_kernels:
        return quantized(assembly, value, by)
    value = settle.merged(assembly, value)
    if len(value.terms) > 1:
        return quantized(assembly, value, by)
    same = unchanged(assembly, value, by)
    if same is not None:
        return same
    if not is_sum_of_products(assembly, value.only.node):
        return quantized(assembly, value, by)
    value = settle.grounded(assembly, value)
    return quantized(assembly, value, by, common.float32_requantization(assembly, value, by))
