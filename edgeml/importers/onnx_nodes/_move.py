"""Shared by operators that only move elements: the order changes, no op is added."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.importers.affine.arrange import as_source, reachable
from edgeml.importers.onnx_reader.operands import ArrayMove, Operand, SourceConstant
from edgeml.importers.onnx_reader.reader import OnnxReader

ONNX = frozenset({""})


def moved(operand: Operand, move: ArrayMove) -> Operand:
    """The operand with its elements at other places.

    Raises:
        EdgemlError: the move does not fit its shape.
    """
    try:
        if isinstance(operand, SourceConstant):
            return operand.moved(move)
        return operand.with_index(np.ascontiguousarray(move(operand.index)))
    except (ValueError, IndexError) as error:
        raise EdgemlError(f"does not fit its input: {error}") from error


def part_of(reader: OnnxReader, operand: Operand, move: ArrayMove) -> Operand:
    """Some of an operand's elements; it is put into the source's order where they do not lie regularly.

    Raises:
        EdgemlError: the move does not fit its shape.
    """
    result = moved(operand, move)
    if isinstance(operand, SourceConstant) or isinstance(result, SourceConstant):
        return result
    if operand.is_raw or operand.function is not None or reachable(result) or not reachable(operand):
        return result
    return moved(as_source(reader.assembly, operand), move)


def reshape_to(sizes: tuple[int, ...], keep_zeros: bool) -> ArrayMove:
    """A move to a shape as ONNX writes it: -1 for what is left, 0 for the axis' own size."""

    def move(array: NDArray[Any]) -> NDArray[Any]:
        shape = [
            array.shape[axis] if size == 0 and not keep_zeros and axis < array.ndim else size
            for axis, size in enumerate(sizes)
        ]
        return array.reshape(shape)

    return move
