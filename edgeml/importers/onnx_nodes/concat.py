"""Concat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine import settle
from edgeml.importers.affine.arrange import as_source, channels_last
from edgeml.importers.affine.exact import Exact
from edgeml.importers.affine.value import AffineValue, WeightedNode
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, SourceConstant
from edgeml.importers.onnx_reader.reader import OnnxReader
from edgeml.ir.ops.concat import Concat

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Values side by side; each keeps its own scale."""
    operands = [reader.at(node, place) for place in range(len(node.inputs))]
    axis = node.integer("axis", 1)
    if all(isinstance(operand, SourceConstant) for operand in operands):
        return SourceConstant(
            np.concatenate([o.values for o in operands if isinstance(o, SourceConstant)], axis)
        )
    values: list[AffineValue] = []
    for operand in operands:
        if isinstance(operand, SourceConstant):
            raise EdgemlError("a constant beside values", hint="export the model without it")
        values.append(operand)
    return joined(reader, values, axis)


def joined(reader: OnnxReader, values: list[AffineValue], axis: int) -> AffineValue:
    """Values side by side along an axis of the source.

    Raises:
        EdgemlError: the axis is the batch's.
    """
    assembly = reader.assembly
    rank = len(values[0].source_shape)
    axis %= rank
    if axis == 0:
        raise EdgemlError("values side by side along the batch")
    spatial = rank > 2
    placed = [
        (channels_last if spatial else as_source)(assembly, settle.joined(assembly, value))
        for value in values
    ]
    place = (rank - 2 if axis == 1 else axis - 2) if spatial else axis - 1
    node = assembly.add(Concat(place), *(value.only.node for value in placed), part="concat")
    shape = assembly.info(node).shape
    index = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
    factor = _beside([value.only.factor for value in placed], placed, place)
    offset = _beside([value.offset for value in placed], placed, place)
    return replace(
        placed[0],
        terms=(WeightedNode(node, factor),),
        shape=shape,
        index=(np.moveaxis(index, -1, 0) if spatial else index)[np.newaxis],
        offset=offset,
    )


def _beside(numbers: list[Exact], values: list[AffineValue], axis: int) -> Exact:
    """Numbers of several values as those of the joined one."""
    if all(number.size == 1 and number.flat[0] == numbers[0].flat[0] for number in numbers):
        return numbers[0]
    spread = [np.broadcast_to(number, value.shape) for number, value in zip(numbers, values, strict=True)]
    return ex.as_exact(np.concatenate(spread, axis))
