"""DequantizeLinear: integers times a scale."""

from __future__ import annotations

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.onnx_nodes import _integer as common
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, SourceConstant
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = common.INTEGER


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """(x - zero_point) * scale; of constants the integers are kept."""
    operand = reader.at(node, 0)
    scale, zero = common.parameters(node, reader, 1)
    axis, size = node.integer("axis", 1), node.integer("block_size", 0)
    if size:
        if not isinstance(operand, SourceConstant):
            raise EdgemlError("scales per block of a computed value", hint="use one per tensor or channel")
        return _of_blocks(operand, scale, zero, axis, size)
    return common.real(operand, scale, zero, axis)


def _of_blocks(
    codes: SourceConstant, scale: SourceConstant, zero: SourceConstant, axis: int, size: int
) -> SourceConstant:
    """Integers of which every `size` along an axis share a scale (opset 21).

    Raises:
        EdgemlError: scales and integers do not fit together.
    """
    shape = codes.values.shape
    if not -len(shape) <= axis < len(shape) or size < 1 or scale.values.ndim != len(shape):
        raise EdgemlError(f"blocks of {size} along axis {axis} of {shape}", hint="export the model again")
    parts = [scale.values, np.broadcast_to(zero.values, scale.values.shape)]
    factor, shift = (np.repeat(part, size, axis).take(range(shape[axis]), axis) for part in parts)
    integers = codes.values.astype(np.int64) - shift.astype(np.int64)
    return SourceConstant(integers * factor, integers, factor)
