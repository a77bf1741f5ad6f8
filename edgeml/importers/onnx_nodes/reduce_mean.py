"""ReduceMean over all spatial axes."""

from __future__ import annotations

from edgeml.errors import EdgemlError
from edgeml.importers.onnx_nodes import global_average_pool
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, SourceConstant
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """A global mean, its axes kept or not."""
    value = reader.value(node)
    rank = len(value.source_shape)
    stated = reader.optional(node, 1, "axes")
    axes = node.integers("axes", ()) if stated is None else stated.integers("the axes")
    if rank < 3 or sorted(axis % rank for axis in axes) != list(range(2, rank)):
        raise EdgemlError(
            f"a mean over the axes {axes} of {value.source_shape}", hint="use GlobalAveragePool"
        )
    result = global_average_pool.lower(node, reader)
    assert not isinstance(result, SourceConstant)
    if node.integer("keepdims", 1):
        return result
    return result.with_index(result.index.reshape(result.source_shape[:2]))
