"""How many bits the largest partial sum of an op needs, in units of the finest grid it lies on.

A float carries the integers up to 2^mantissa exactly (24 bits in float32, 53 in float64), wherever the
binary point is. If the sum of all |terms| of a dot product is at most 2^24 grid steps, every partial sum in
every order, blocked, fused or not, is such an integer, so any float32 kernel gives the exact result. The
bound also covers an op's inputs, its result and what a rounding needs in between.

Invariant: `demand` is never below the bits that any intermediate value of the emitted ops needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgeml.fixed import IntArray, Overflow, Round, align
from edgeml.ir import Graph, Node, ValueInfo
from edgeml.ir.grid import constant_grid, conv_rows, linear_grid, over_space, overflows
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.sum_pool import SumPool

FLOAT32_BITS = 24
FLOAT64_BITS = 53

_BEYOND = np.int64(1) << 62
"""Stands for anything too large: no carrier holds it."""


def demand(graph: Graph, node: Node, grids: Mapping[str, IntArray]) -> int:
    """Bits of the largest intermediate of one op, inputs and result included.

    Args:
        graph: a graph of core ops.
        node: one of its nodes.
        grids: of all values, see `edgeml.ir.grid.grids`.
    """
    infos = [graph.info(name) for name in node.inputs]
    edges = [value_bits(graph.info(name), grids[name]) for name in (*node.inputs, node.name)]
    match node.op:
        case MatMul() | Conv():
            inner = sums_of(graph, node, grids).bits
        case Add():
            frac = max(i.frac for i in infos)
            total = np.add(*(_peak(i, frac) for i in infos))
            inner = bits(total, frac, np.maximum(*(grids[name] for name in node.inputs)))
        case Mul():
            (fa, fb) = (i.frac for i in infos)
            product = _peak(infos[0], fa) * _peak(infos[1], fb)
            inner = bits(product, fa + fb, grids[node.inputs[0]] + grids[node.inputs[1]])
        case SumPool():
            total = over_space(_peak(infos[0], infos[0].frac)) * int(np.prod(node.op.pool))
            inner = bits(total, infos[0].frac, over_space(grids[node.inputs[0]]))
        case Cast():
            inner = _cast_bits(node.op, infos[0], grids[node.inputs[0]])
        case Input():
            # Adding one half to a code needs one bit more.
            inner = edges[0] if _by_mantissa(node.op.rounding) else edges[0] + 1
        case Lookup():
            inner, edges[1] = 0, 0  # of the table only what can be read matters, and that is the result
        case _:
            inner = 0
    return max(inner, *edges)


@dataclass(frozen=True)
class Sums:
    """Per column of a MatMul or filter of a Conv: the sum of all |terms|, with `frac` bits, and its grid."""

    peak: IntArray
    frac: int
    grid: IntArray

    @property
    def bits(self) -> int:
        """Bits of the largest partial sum."""
        return bits(self.peak, self.frac, self.grid)

    def plus(self, codes: IntArray, frac: int | IntArray) -> Sums:
        """The sums when a constant per column (or one for all) is added anywhere in between."""
        own = np.broadcast_to(np.asarray(frac, np.int64), codes.shape)
        finest = max(self.frac, int(own.max()))
        terms = _raised(self.peak, np.asarray(finest - self.frac)), _raised(np.abs(codes), finest - own)
        total = np.minimum(np.minimum(terms[0], _BEYOND - terms[1].clip(0, _BEYOND)) + terms[1], _BEYOND)
        return Sums(total, finest, np.maximum(self.grid, constant_grid(codes, own)))


def sums_of(graph: Graph, node: Node, grids: Mapping[str, IntArray]) -> Sums:
    """The partial sums of a MatMul or Conv of the graph."""
    x, w = node.inputs
    infos = graph.info(x), graph.info(w)
    return linear_sums(node, infos[0], grids[x], graph.constant(w), infos[1], grids[w])


def linear_sums(
    node: Node, x: ValueInfo, grid: IntArray, weights: IntArray, w: ValueInfo, fine: IntArray
) -> Sums:
    """The partial sums of a MatMul or Conv.

    Args:
        node: the op.
        x: its input.
        grid: of the input.
        weights: codes of w's shape and type, all of them or only some of their bits.
        w: the weights.
        fine: grid of `weights`.
    """
    peak = _peak(x, x.frac)
    codes = np.abs(align(weights, w.type.frac, w.frac))
    if isinstance(node.op, Conv):
        peaks, columns = conv_rows(over_space(peak), codes, node.op.groups)
        sources, weight_grids = conv_rows(over_space(grid), fine, node.op.groups)
    else:
        size = x.shape[-1]
        peaks, columns = peak.reshape(-1, size).max(axis=0)[np.newaxis], codes[np.newaxis]
        sources, weight_grids = grid.reshape(-1, size).max(axis=0)[np.newaxis], fine[np.newaxis]
    totals = [_product(p, c) for p, c in zip(peaks, columns, strict=True)]
    finest = [linear_grid(s, g) for s, g in zip(sources, weight_grids, strict=True)]
    return Sums(np.concatenate(totals), x.frac + w.frac, np.concatenate(finest))


def _product(peak: IntArray, weights: IntArray) -> IntArray:
    """peak @ weights, or _BEYOND in columns that int64 cannot hold."""
    beyond = peak.astype(np.float64) @ weights.astype(np.float64) >= 2.0**61
    return np.where(beyond, _BEYOND, peak @ np.where(beyond, 0, weights))


def value_bits(info: ValueInfo, grid: IntArray) -> int:
    """Bits of the largest magnitude of a value."""
    return bits(np.maximum(np.abs(info.lo), np.abs(info.hi)), info.type.frac, grid)


def bits(peak: IntArray, frac: int | IntArray, grid: IntArray) -> int:
    """The smallest b such that every peak * 2^-frac is at most 2^b steps of its grid.

    >>> bits(np.array([1 << 24]), 0, np.array([0])), bits(np.array([(1 << 24) + 1]), 0, np.array([0]))
    (24, 25)
    """
    return _log2(np.max(_steps(peak, frac, grid), initial=0))


def _steps(peak: IntArray, frac: int | IntArray, grid: IntArray) -> IntArray:
    """ceil(peak * 2^(grid - frac)); peak * 2^-frac in steps of a grid that is as fine or coarser."""
    return -(-peak >> np.clip(np.asarray(frac, np.int64) - grid, 0, 62))


def _log2(steps: int | np.int64) -> int:
    return max(int(steps) - 1, 0).bit_length() if steps > 1 else 0


def _raised(steps: IntArray, count: IntArray) -> IntArray:
    """steps << count, or _BEYOND where that is too large."""
    room = 61 - np.frexp(steps.astype(np.float64))[1]
    return np.where(steps == 0, 0, np.where(count > room, _BEYOND, steps << np.clip(count, 0, 62)))


def _peak(info: ValueInfo, frac: int) -> IntArray:
    lo, hi = info.aligned(frac)
    return np.maximum(np.abs(lo), np.abs(hi))


def rounds(op: Cast, grid: IntArray) -> bool:
    """True if a cast drops bits of any element."""
    return bool(np.any(grid > np.asarray(op.to.frac)))


def _by_mantissa(rounding: Round) -> bool:
    """True if the rounding is done without adding one half."""
    return rounding in (Round.RND_CONV, Round.TRN, Round.TRN_ZERO)


def _cast_bits(op: Cast, x: ValueInfo, grid: IntArray) -> int:
    """What rounding by adding one half, and wrapping, need beyond the input and the result."""
    frac = np.asarray(op.to.frac, np.int64)
    steps = _steps(np.maximum(np.abs(x.lo), np.abs(x.hi)), x.type.frac, grid)
    most = 0
    if rounds(op, grid) and not _by_mantissa(op.rounding):
        # On the grid max(grid, frac + 1): |x| + 1/2 LSB. The clip comes before, so |x| is an upper bound.
        fine = np.maximum(grid, frac + 1)
        half = np.int64(1) << np.clip(fine - frac - 1, 0, 62)
        total = np.minimum(_raised(steps, fine - grid), _BEYOND - half) + half
        most = _log2(np.max(total, initial=0))
    if op.overflow is Overflow.WRAP and np.any(overflows(op, x)):
        # r - lo on the coarser of r's grid and lo's, which is 2^(width - 1) LSBs.
        coarse = np.minimum(grid, frac)
        rounded = np.where(grid > frac, (steps >> np.clip(grid - frac, 0, 62)) + 1, steps)
        fine = np.maximum(coarse, frac - np.asarray(op.to.width, np.int64) + 1)
        lowest = np.int64(1) << np.clip(np.asarray(op.to.width) - 1 - (frac - fine), 0, 62)
        raised = _raised(rounded, fine - coarse)
        most = max(most, _log2(np.max(np.minimum(raised, _BEYOND - lowest) + lowest, initial=0)))
    return most
