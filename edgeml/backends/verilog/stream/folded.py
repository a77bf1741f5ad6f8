"""Layers whose multipliers are used several times for one beat: the parts of a matrix, and their order.

A factor of R lets a layer of n inputs and m outputs use n * m / R multipliers for R clocks. Inputs are split
first, as many lanes as it takes to be done in one pass; a factor beyond n takes one input per clock and
several passes, each for some of the outputs. A depthwise layer takes its kernel tap by tap, for some channels
per pass.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.backends.verilog.stream.beats import Beats, CannotStreamError, beats
from edgeml.backends.verilog.stream.factors import fewest_lanes
from edgeml.backends.verilog.stream.segments import ProductSegment
from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray, align
from edgeml.ir import Graph, Node
from edgeml.ir.bias import bias_of
from edgeml.ir.ops.conv import Conv


@dataclass(frozen=True)
class ProductSplit:
    """A product in parts: clocks of a pass, elements per clock, passes."""

    beats: int
    lanes: int
    passes: int

    @property
    def clocks(self) -> int:
        """The factor that is used."""
        return self.beats * self.passes


@dataclass(frozen=True)
class ProductSize:
    """The matrix of a layer.

    Args:
        inputs: that an output needs; taps of the kernel if depthwise.
        outputs: channels.
        depthwise: every channel has its own inputs.
    """

    inputs: int
    outputs: int
    depthwise: bool

    @property
    def products(self) -> int:
        """Multiplications for one position."""
        return self.inputs * self.outputs

    def split(self, factor: int) -> ProductSplit | None:
        """The parts for at most so many clocks; None if there are none of several clocks."""
        if self.depthwise:
            if factor < self.inputs or self.products == 1:
                return None
            passes = _largest_divisor(self.outputs, factor // self.inputs)
            return ProductSplit(self.inputs, self.outputs // passes, passes)
        if factor < 2:
            return None
        if factor <= self.inputs:
            lanes = fewest_lanes(self.inputs, 1, factor)
            return ProductSplit(self.inputs // lanes, lanes, 1) if lanes < self.inputs else None
        return ProductSplit(self.inputs, 1, _largest_divisor(self.outputs, factor // self.inputs))

    def choices(self) -> tuple[int, ...]:
        """All factors that make a difference, ascending."""
        if self.depthwise:
            return (1, *(self.inputs * n for n in range(1, self.outputs + 1) if self.outputs % n == 0))
        one = [n for n in range(1, self.inputs + 1) if self.inputs % n == 0]
        return (*one, *(self.inputs * n for n in range(2, self.outputs + 1) if self.outputs % n == 0))


def _largest_divisor(number: int, most: int) -> int:
    """The largest divisor that is at most so large.

    >>> _largest_divisor(12, 5), _largest_divisor(7, 3)
    (4, 1)
    """
    return max(n for n in range(1, max(1, min(number, most)) + 1) if number % n == 0)


def size_of(graph: Graph, node: Node) -> ProductSize | None:
    """The matrix of a layer that can be folded; None if it cannot."""
    if not isinstance(node.op, Conv) or any(step > 1 for step in node.op.dilation):
        return None
    shape = graph.info(node.inputs[1]).shape
    taps = int(np.prod(shape[:-2], dtype=np.int64))
    if node.op.groups == 1:
        return ProductSize(taps * shape[-2], shape[-1], False)
    if node.op.groups == shape[-1] and shape[-2] == 1:
        return ProductSize(taps, shape[-1], True)
    return None


def total_of(graph: Graph, node: Node) -> Node:
    """The node whose value a folded layer gives: its sum with the bias if that can begin the sums."""
    bias = bias_of(graph, node.name)
    if bias is None:
        return node
    inexact = np.max(graph.info(bias.constant).type.frac) > np.min(graph.info(node.name).type.frac)
    return node if inexact or not _is_uniform(graph, node) else bias.total


def _is_uniform(graph: Graph, node: Node) -> bool:
    return len(np.unique(np.asarray(graph.info(node.inputs[0]).type.frac))) == 1


def product(graph: Graph, node: Node, codes: IntArray, source: Beats, split: ProductSplit) -> ProductSegment:
    """The segment of a folded layer.

    Args:
        graph: the graph.
        node: its Conv or MatMul.
        codes: of the weights.
        source: a whole window or vector per beat.
        split: its parts.

    Raises:
        CannotStreamError: its elements have LSBs of their own.
    """
    if len(np.unique(source.frac)) > 1:
        raise CannotStreamError(node, "elements with LSBs of their own are not folded")
    weights = graph.info(node.inputs[1])
    matrix = np.broadcast_to(align(codes, weights.type.frac, weights.frac), weights.shape)
    size = size_of(graph, node)
    depthwise = size is not None and size.depthwise
    outputs = matrix.shape[-1] // split.passes
    frac = int(source.frac.reshape(-1)[0]) + weights.frac
    total = total_of(graph, node)
    bias = np.zeros(matrix.shape[-1], np.int64)
    if total is not node:
        constant = graph.info(total.inputs[1])
        bias = np.broadcast_to(
            align(graph.constant(total.inputs[1]), constant.type.frac, frac), matrix.shape[-1:]
        ).astype(np.int64)
    if depthwise:
        taps = matrix.reshape(split.beats, split.passes, outputs)
        rows = taps.transpose(1, 0, 2)
        bounds = [np.asarray(part).reshape(split.beats, -1) for part in (source.lo, source.hi)]
        flat = matrix.reshape(split.beats, -1)
    else:
        flat = matrix.reshape(-1, matrix.shape[-1])
        rows = flat.reshape(split.beats, split.lanes, split.passes, outputs).transpose(2, 0, 1, 3)
        bounds = [np.asarray(part).reshape(-1, 1) for part in (source.lo, source.hi)]
    plus, minus = np.maximum(flat, 0), np.minimum(flat, 0)
    lo = (bounds[0] * plus + bounds[1] * minus).sum(0) + bias
    hi = (bounds[1] * plus + bounds[0] * minus).sum(0) + bias
    info = graph.info(total.name)
    beat = (*(1,) * (len(info.shape) - 1), outputs)
    lo, hi = lo.reshape(split.passes, outputs).min(0), hi.reshape(split.passes, outputs).max(0)
    count = int(np.prod(info.shape[:-1], dtype=np.int64)) * split.passes
    ends = (lo.reshape(beat), hi.reshape(beat), np.full(beat, frac, np.int64))
    sink = beats(total.name, info.shape, count, beat, *ends)
    bits = max((-int(matrix.min()) - 1).bit_length(), int(matrix.max()).bit_length()) + 1
    return ProductSegment(node.name, source, sink, rows, bits, bias.reshape(split.passes, outputs), depthwise)


def cannot(node: Node, factor: int, size: ProductSize) -> EdgemlError:
    """The refusal of a factor that a layer cannot have."""
    least = size.choices()[1] if len(size.choices()) > 1 else 1
    what = f"cannot be done in {factor} clocks per pixel: its kernel has {size.inputs} taps, a clock for each"
    return EdgemlError(what, node.layer, f"reuse_factor 1, or {least} or more")
