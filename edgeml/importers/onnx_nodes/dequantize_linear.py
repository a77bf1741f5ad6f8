"""DequantizeLinear: integers times a scale."""

from __future__ import annotations

import numpy as np

from edgeml.importers.affine import exact as ex
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.onnx_nodes import _integer as common
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, SourceConstant
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = common.INTEGER


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """(x - zero_point) * scale; of constants the integers are kept."""
    operand = reader.at(node, 0)
    scale, zero = common.parameters(node, reader, 1)
    return real(operand, scale, zero, node.integer("axis", 1))


def real(operand: Operand, scale: SourceConstant, zero: SourceConstant, axis: int = 1) -> Operand:
    """What integers stand for."""
    if isinstance(operand, SourceConstant):
        return real_constant(operand, scale, zero, axis)
    return real_value(operand, scale, zero, axis)


def real_value(
    operand: AffineValue, scale: SourceConstant, zero: SourceConstant, axis: int = 1
) -> AffineValue:
    """What computed integers stand for."""
    rank = len(operand.source_shape)
    factor = operand.spread(ex.exact(common.along(scale.values, axis, rank)))
    shift = operand.spread(ex.exact(common.along(zero.values, axis, rank)))
    return operand.plus(ex.as_exact(-shift)).times(factor)


def real_constant(
    operand: SourceConstant, scale: SourceConstant, zero: SourceConstant, axis: int = 1
) -> SourceConstant:
    """What constant integers stand for; the integers are kept."""
    rank = operand.values.ndim
    codes = operand.values.astype(np.int64) - common.along(zero.values, axis, rank).astype(np.int64)
    factor = common.along(scale.values, axis, rank)
    return SourceConstant(codes * factor, codes, factor)
