"""The coarsest binary grid on which every element of every value provably lies.

A type says that a value is a multiple of 2^-frac; often it is a multiple of more: weights that share
trailing zeros, per-channel powers of two, a value that was cast to fewer bits and shifted. Float mantissas
do not care where the binary point is, so what a partial sum needs is its size in units of its own grid.

Invariant: element e of value v is an integer times 2^-grids[v][e]; ZERO for an element that is always zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed import FixedType, IntArray, Overflow, rescale, symmetric_lo
from edgeml.ir import Graph, Node, ValueInfo
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.arg_max import ArgMax
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.min import Min
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.pad import Pad
from edgeml.ir.ops.relu import Relu
from edgeml.ir.ops.scale import Scale
from edgeml.ir.ops.sum_pool import SumPool

ZERO = -(1 << 20)
"""The grid of what is always zero: coarser than any other, also after sums of a few grids."""

NEVER_ZERO = -(1 << 18)
"""Grids below this come from an element that is always zero."""


def grids(graph: Graph) -> Mapping[str, IntArray]:
    """The grid of every value of a graph of core ops, as an array of the value's shape."""
    found: dict[str, IntArray] = {}
    for node in graph.nodes:
        sources = [found[name] for name in node.inputs]
        infos = [graph.info(name) for name in node.inputs]
        info = graph.info(node.name)
        grid = np.broadcast_to(_grid(node, sources, infos, info), info.shape)
        found[node.name] = np.where(grid < NEVER_ZERO, ZERO, grid)
    return found


def constant_grid(codes: IntArray, frac: int | IntArray) -> IntArray:
    """Fractional bits that each code really uses; ZERO for the code 0."""
    lowest = codes & -codes  # the lowest bit set
    zeros = np.frexp(lowest.astype(np.float64))[1] - 1
    return np.where(codes == 0, ZERO, np.asarray(frac, np.int64) - zeros)


def linear_grid(x: IntArray, w: IntArray) -> IntArray:
    """Grid of x @ w per column: the finest among the products that are not always zero.

    Args:
        x: grids (k,).
        w: grids (k, n).
    """
    return np.max(x[:, np.newaxis] + w, axis=0)


def conv_rows(per_channel: IntArray, weights: IntArray, groups: int) -> tuple[IntArray, IntArray]:
    """A convolution as one matrix product per group: rows (groups, taps * channels / groups), columns.

    Args:
        per_channel: something per input channel, (channels,).
        weights: (*kernel, channels / groups, filters).
        groups: of the convolution.

    Returns:
        `per_channel` repeated for every tap, (groups, k), and the weights as (groups, k, filters / groups).
    """
    inside, filters = weights.shape[-2:]
    taps = weights.size // (inside * filters)
    rows = np.tile(per_channel.reshape(groups, inside), (1, taps))
    columns = weights.reshape(taps * inside, groups, filters // groups).transpose(1, 0, 2)
    return rows, columns


def over_space(values: IntArray) -> IntArray:
    """The maximum per channel of (*space, channels)."""
    return values.max(axis=tuple(range(values.ndim - 1)))


def _grid(node: Node, grids: Sequence[IntArray], infos: Sequence[ValueInfo], info: ValueInfo) -> IntArray:
    match node.op:
        case Input():
            return np.asarray(info.type.frac)
        case Const():
            return constant_grid(node.op.codes, info.type.frac)
        case Cast():
            return _cast_grid(node.op, grids[0], infos[0])
        case MatMul():
            return linear_grid(over_space(grids[0]), grids[1])
        case Conv():
            rows, columns = conv_rows(over_space(grids[0]), grids[1], node.op.groups)
            return np.concatenate([linear_grid(r, c) for r, c in zip(rows, columns, strict=True)])
        case Add() | Max() | Min():
            return np.maximum(*grids)
        case Mul():
            return grids[0] + grids[1]
        case Scale():
            return grids[0] - node.op.shift
        case MaxPool() | SumPool():
            return over_space(grids[0])
        case Concat():
            return np.concatenate(grids, axis=node.op.axis)
        case Pad():
            # np.pad takes no array without axes
            return np.pad(grids[0][np.newaxis], ((0, 0), *node.op.padding), constant_values=ZERO)[0]
        case Lookup():
            return np.asarray(grids[1].max())
        case ArgMax():
            return np.zeros(info.shape, np.int64)
        case _:  # a Relu; or Reshape, Transpose, Slice, Repeat: elements move, none changes its grid
            return grids[0] if isinstance(node.op, Relu) else moved(node, grids[0])


def moved(node: Node, per_element: IntArray) -> IntArray:
    """What a Reshape, Transpose, Slice or Repeat makes of an integer per element."""
    info = ValueInfo.full(tuple(per_element.shape), FixedType(True, 63, 0))
    return node.op.evaluate([per_element[np.newaxis]], [info], node.op.infer(info))[0]


def _cast_grid(op: Cast, grid: IntArray, x: ValueInfo) -> IntArray:
    to = np.asarray(op.to.frac)
    # A value that is out of range becomes a bound of it, or is compared with one.
    return np.where(overflows(op, x), to, np.minimum(grid, to))


def overflows(op: Cast, x: ValueInfo) -> NDArray[np.bool_]:
    """Where a cast can meet a value outside its range, as an array of x's shape."""
    below, above = overflow_sides(op, x)
    return below | above


def overflow_sides(op: Cast, x: ValueInfo) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where a cast can meet a value below and above its range."""
    lo, hi = (rescale(end, x.type.frac, op.to.frac, op.rounding) for end in (x.lo, x.hi))
    least = symmetric_lo(op.to) if op.overflow is Overflow.SAT_SYM else op.to.lo
    return np.asarray(lo < least), np.asarray(hi > op.to.hi)
