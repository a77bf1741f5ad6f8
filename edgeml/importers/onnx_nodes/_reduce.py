"""Shared by reductions over any axes: means, sums, largest and least elements."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.onnx_nodes._spatial import SourceWindow
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.reader import OnnxReader

Pooling = Callable[[Assembly, AffineValue, SourceWindow], AffineValue]
"""One result per window of a value of (1, channels, *space)."""


def reduced(node: SourceNode, reader: OnnxReader, pooling: Pooling) -> AffineValue:
    """The first input with some axes taken together, which become the space of one pooling.

    Raises:
        EdgemlError: the batch is among the axes.
    """
    value = reader.value(node)
    shape = value.source_shape
    axes = reduced_axes(node, reader, len(shape))
    if not axes:
        return value
    others = [axis for axis in range(1, len(shape)) if axis not in axes]
    space = tuple(shape[axis] for axis in axes)
    if len(space) > 2:
        space = (int(np.prod(space)),)
    index = value.index.transpose((0, *others, *axes)).reshape(1, -1, *space)
    ones = (1,) * len(space)
    window = SourceWindow(space, ones, ((0, 0),) * len(space), ones)
    result = pooling(reader.assembly, value.with_index(np.ascontiguousarray(index)), window)
    keep = node.integer("keepdims", 1)
    sizes = [1 if axis in axes else size for axis, size in enumerate(shape) if keep or axis not in axes]
    return result.with_index(result.index.reshape(sizes))


def reduced_axes(node: SourceNode, reader: OnnxReader, rank: int) -> tuple[int, ...]:
    """The axes that are taken together, ascending: an attribute, or an input in later opsets.

    Raises:
        EdgemlError: the batch is among them, or there is no such axis.
    """
    stated = reader.optional(node, 1, "axes")
    axes = node.integers("axes", ()) if stated is None else stated.integers("the axes")
    if not axes and node.integer("noop_with_empty_axes", 0):
        return ()
    if not axes or any(not -rank <= axis < rank for axis in axes) or 0 in (axis % rank for axis in axes):
        raise EdgemlError(
            f"axes {axes} of a value of {rank} axes: all of them, the batch, or one that is not there",
            hint="name the axes of a sample alone, such as (2, 3) of (1, channels, height, width)",
        )
    return tuple(sorted({axis % rank for axis in axes}))
