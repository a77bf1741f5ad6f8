"""TopK of one element: the class of a classifier."""

from __future__ import annotations

from collections.abc import Sequence

from edgeml.errors import EdgemlError
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_nodes.arg_max import largest_position
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Sequence[Operand]:
    """The position of the largest element; its value only where nothing reads it.

    Raises:
        EdgemlError: more elements, the smallest, or the values are read.
    """
    stated = reader.optional(node, 1, "k")
    count = node.integer("k", 1) if stated is None else stated.integer("k")
    if count != 1 or not node.integer("largest", 1):
        raise EdgemlError(f"the {count} largest or smallest elements", hint="use k=1 and largest=1")
    if len(node.outputs) < 2 or (node.outputs[0] and reader.is_read(node.outputs[0])):
        raise EdgemlError("the values of the largest elements are read", hint="read the positions only")
    positions = largest_position(reader, reader.value(node), node.integer("axis", -1), True)
    return [positions, positions]
