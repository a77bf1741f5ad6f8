"""ArgMax."""

from __future__ import annotations

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine import settle
from edgeml.importers.affine.arrange import arranged
from edgeml.importers.affine.value import AffineValue, of_node
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader
from edgeml.ir.ops.arg_max import ArgMax

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """The position of the largest element along an axis, the first on a tie."""
    if node.integer("select_last_index", 0):
        raise EdgemlError("select_last_index", hint="take the first of equal values")
    return largest_position(
        reader, reader.value(node), node.integer("axis", 0), bool(node.integer("keepdims", 1))
    )


def largest_position(reader: OnnxReader, value: AffineValue, axis: int, keep: bool) -> AffineValue:
    """The position of the largest element along an axis of the source; rising functions are left off."""
    assembly = reader.assembly
    axis %= len(value.source_shape)
    if value.function_name in ("sigmoid", "tanh", "softmax", "log_softmax"):
        assembly.note(
            f"the {value.function_name} before the largest element is left off: it changes no order"
        )
        value = AffineValue(value.terms, value.shape, value.index, value.offset, value.low, value.high)
    value = settle.joined(assembly, value)
    if (
        not (ex.is_scalar(value.only.factor) and ex.is_scalar(value.offset))
        or ex.scalar(value.only.factor) <= 0
    ):
        value = settle.dyadic(assembly, value)
    index = np.moveaxis(value.index, axis, -1)
    positions = index[0] if axis != 0 and value.index.shape[0] == 1 else index
    fresh = np.arange(index.size, dtype=np.int64).reshape(index.shape)
    value = arranged(assembly, value, positions, np.moveaxis(fresh, -1, axis))
    position = assembly.add(ArgMax(), value.only.node, part="argmax")
    shape = assembly.info(position).shape
    sizes = [size for place, size in enumerate(value.source_shape) if place != axis]
    places = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(sizes)
    return of_node(position, shape, np.expand_dims(places, axis) if keep else places)
