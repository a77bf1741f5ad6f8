"""Slice with constant limits."""

from __future__ import annotations

from edgeml.importers.onnx_nodes._move import ONNX, part_of
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, shape_of
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """A part of every named axis; before opset 10 the limits are attributes."""
    operand = reader.at(node, 0)
    rank = len(shape_of(operand))
    ranges: list[tuple[int, ...]] = []
    for position, name in enumerate(("starts", "ends", "axes", "steps"), start=1):
        stated = reader.optional(node, position, name)
        ranges.append(node.integers(name, ()) if stated is None else stated.integers(name))
    starts, ends, axes, steps = ranges
    cut = [slice(None)] * rank
    for position, (start, end) in enumerate(zip(starts, ends, strict=True)):
        axis = axes[position] if axes else position
        step = steps[position] if steps else 1
        cut[axis] = slice(start, None if step < 0 and end < -(1 << 30) else end, step)
    return part_of(reader, operand, lambda array: array[tuple(cut)])
