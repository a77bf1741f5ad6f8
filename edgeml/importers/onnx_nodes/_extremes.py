"""Shared by Max and Min: values limited by numbers, and the larger or smaller of two values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.importers.affine import exact as ex
from edgeml.importers.affine import settle
from edgeml.importers.affine.arrange import in_one_order
from edgeml.importers.affine.value import AffineValue, WeightedNode
from edgeml.importers.onnx_nodes._arithmetic import spread
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, SourceConstant
from edgeml.importers.onnx_reader.reader import OnnxReader
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.min import Min


def extreme(node: SourceNode, reader: OnnxReader, larger: bool) -> Operand:
    """The largest of the inputs of a node, or the least."""
    result = reader.at(node, 0)
    for place in range(1, len(node.inputs)):
        result = _of_two(reader, result, reader.at(node, place), larger)
    return result


def _of_two(reader: OnnxReader, a: Operand, b: Operand, larger: bool) -> Operand:
    if isinstance(a, SourceConstant) and isinstance(b, SourceConstant):
        return SourceConstant((np.maximum if larger else np.minimum)(a.values, b.values))
    if isinstance(a, SourceConstant):
        a, b = b, a
    assert not isinstance(a, SourceConstant)
    if not isinstance(b, SourceConstant):
        return _of_values(reader, a, b, larger)
    a, end = spread(reader.assembly, a, b)
    return a.clipped(end, None) if larger else a.clipped(None, end)


def _of_values(reader: OnnxReader, a: AffineValue, b: AffineValue, larger: bool) -> AffineValue:
    """Two values; where they have one factor above zero their codes are compared."""
    assembly = reader.assembly
    a, b = in_one_order(assembly, settle.anchored(assembly, a), settle.anchored(assembly, b))
    alike = a.only.factor.shape == b.only.factor.shape and bool(np.all(a.only.factor == b.only.factor))
    if not alike or np.any(a.only.factor <= 0):
        a, b = settle.dyadic(assembly, a), settle.dyadic(assembly, b)
    op = Max() if larger else Min()
    node = assembly.add(op, a.only.node, b.only.node, part="larger" if larger else "smaller")
    return replace(a, terms=(WeightedNode(node, a.only.factor),), offset=ex.exact([0]))
