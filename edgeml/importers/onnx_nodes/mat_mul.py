"""MatMul with constant weights, on either side."""

from __future__ import annotations

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.onnx_nodes._linear import product
from edgeml.importers.onnx_nodes._move import ONNX, moved
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, SourceConstant
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """x times weights, or weights times x: the product of both turned, turned."""
    first = reader.at(node, 0)
    if isinstance(first, SourceConstant):
        value, weights = reader.value(node, 1), moved(first, lambda array: array.T)
        if len(value.source_shape) < 2 or not isinstance(weights, SourceConstant):
            raise EdgemlError(f"weights times a value of shape {value.source_shape}")
        value = value.with_index(np.swapaxes(value.index, -1, -2))
        result = product(reader.assembly, value, weights)
        return result.with_index(np.swapaxes(result.index, -1, -2))
    return product(reader.assembly, reader.value(node), reader.constant(node, 1, "second factor"))
