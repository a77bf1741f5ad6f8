"""Alignment and broadcasting of the inputs of element-wise ops."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray, align
from edgeml.ir.info import Shape, ValueInfo, need_room


def same_rank(codes: IntArray, info: ValueInfo, rank: int) -> IntArray:
    """Codes (batch, *shape) with axes of one put behind the batch axis: NumPy then broadcasts per sample."""
    return codes.reshape(codes.shape[0], *(1,) * (rank - len(info.shape)), *info.shape)


def aligned_codes(inputs: Sequence[IntArray], infos: Sequence[ValueInfo]) -> list[IntArray]:
    """Codes of all inputs at the finest LSB among them and of the same rank."""
    frac = max(info.frac for info in infos)
    rank = max(len(info.shape) for info in infos)
    return [
        same_rank(align(codes, info.type.frac, frac), info, rank)
        for codes, info in zip(inputs, infos, strict=True)
    ]


def common_shape(infos: Sequence[ValueInfo]) -> Shape:
    """The shape that the shapes broadcast to.

    Raises:
        EdgemlError: they do not.
    """
    try:
        shape = np.broadcast_shapes(*(info.shape for info in infos))
    except ValueError:
        raise EdgemlError(f"shapes {' and '.join(str(i.shape) for i in infos)} do not broadcast") from None
    need_room(shape)
    return shape


def aligned_bounds(infos: Sequence[ValueInfo]) -> tuple[list[IntArray], list[IntArray], int]:
    """Lower and upper bounds of all inputs at the finest LSB among them, broadcast to one shape.

    Raises:
        EdgemlError: the shapes do not broadcast, or more than 63 bits are needed.
    """
    frac = max(info.frac for info in infos)
    shape = common_shape(infos)
    pairs = [info.aligned(frac) for info in infos]
    lows = [np.broadcast_to(lo, shape) for lo, _ in pairs]
    highs = [np.broadcast_to(hi, shape) for _, hi in pairs]
    return lows, highs, frac
