"""The graph cut into segments that stand one after the other.

A kernel collects ops that treat all beats alike. A convolution or pooling starts a new one behind a window; a
product with a matrix of a vector that comes in several beats is folded. Where more than one clock's work is
done per beat, a FIFO in front takes the beats that come meanwhile.

Invariant: the graph is a chain, every segment reads the one before it, and the integers are the graph's.
Ops on single elements may branch between two other ops, as thresholds do: they stand in one kernel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from edgeml.backends.verilog.design import elaborate
from edgeml.backends.verilog.stream import factors
from edgeml.backends.verilog.stream.beats import Beats, CannotStreamError, beats
from edgeml.backends.verilog.stream.factors import Reuse
from edgeml.backends.verilog.stream.kernel import Kernel
from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, IntArray, align
from edgeml.ir import Graph, Node
from edgeml.ir.kind import Kind
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.pad import Pad
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.sum_pool import SumPool

Pair: TypeAlias = tuple[int, int]


@dataclass(frozen=True)
class WindowSegment:
    """edgeml_window in front of a kernel; sizes as (rows, columns), one row if there is one spatial axis."""

    node: str
    source: Beats
    size: Pair
    reach: Pair
    strides: Pair
    padding: tuple[Pair, Pair]
    fill: tuple[int, ...]


@dataclass(frozen=True)
class KernelSegment:
    """A pipeline laid out like any graph."""

    kernel: Kernel
    sink: Beats


@dataclass(frozen=True)
class SerializeSegment:
    """edgeml_serialize, behind a FIFO if several beats come per sample."""

    node: str
    source: Beats
    sink: Beats


@dataclass(frozen=True)
class FoldSegment:
    """edgeml_fold and its weights (beats, lanes, outputs)."""

    node: str
    source: Beats
    sink: Beats
    weights: IntArray
    weight_bits: int


Segment: TypeAlias = WindowSegment | KernelSegment | SerializeSegment | FoldSegment


@dataclass(frozen=True)
class StreamPlan:
    """All segments, with the beats at both ends."""

    source: Beats
    segments: tuple[Segment, ...]
    sink: Beats


@dataclass(frozen=True)
class Chain:
    """A graph whose nodes stand one after the other, ops on single elements apart.

    Args:
        graph: of core ops.
        constants: codes of the values that no input reaches.
        start: the input.
        nodes: all others that are not constant, in the order of the data.
    """

    graph: Graph
    constants: Mapping[str, IntArray]
    start: Node
    nodes: tuple[Node, ...]


def plan(graph: Graph, reuse: Reuse) -> StreamPlan:
    """Cut a graph of core ops.

    Args:
        graph: the graph.
        reuse: clocks that dense layers may take.

    Raises:
        CannotStreamError: names the node that cannot be streamed.
        EdgemlError: a layer cannot have the factor that is given for it.
    """
    path = chain(graph)
    start = source(path, factors.of_input(reuse, graph, path.nodes))
    segments, sink = stretch(path, start, path.nodes, reuse, start.count)
    return StreamPlan(start, segments, sink)


def chain(graph: Graph) -> Chain:
    """The nodes that segments are made of.

    Raises:
        CannotStreamError: there are several inputs or outputs, or branches that another op than one on single
            elements is part of.
    """
    constants = graph.constants
    (first, *more) = [node for node in graph.nodes if isinstance(node.op, Input)]
    if more:
        raise CannotStreamError(more[0], f"a stream has one input, the graph {len(more) + 1}")
    nodes = tuple(n for n in graph.nodes if n.name not in constants and n is not first)
    before = first.name
    present = {before}
    for node in nodes:
        sources = {name for name in node.inputs if name not in constants}
        pointwise = node.op.kind is Kind.POINTWISE
        if not sources <= present or (len(sources) != 1 and not pointwise):
            raise CannotStreamError(node, f"reads something else than {before} alone; a stream is a chain")
        before = node.name
        present = {*present, before} if pointwise else {before}
    if graph.outputs != (before,):
        reason = f"the outputs are {', '.join(graph.outputs)}; a stream ends in one"
        raise CannotStreamError(graph.node(before), reason)
    return Chain(graph, constants, first, nodes)


def source(of: Chain, reuse: int | None) -> Beats:
    """The beats of the input.

    Args:
        of: the graph.
        reuse: beats in which a vector may come; None: an element at a time. An image comes in pixels.

    Raises:
        CannotStreamError: it is no stream.
    """
    node, info = of.start, of.graph.info(of.start.name)
    if not isinstance(info.type, FixedType):
        raise CannotStreamError(node, "its elements have types of their own")
    if not info.shape:
        raise CannotStreamError(node, "a scalar is no stream")
    lanes = info.shape[-1]
    if len(info.shape) == 1:
        lanes = factors.fewest_lanes(info.size, 1, reuse or info.size)
    beat = (*(1,) * (len(info.shape) - 1), lanes)
    lo, hi, frac = (np.full(beat, n, np.int64) for n in (info.type.lo, info.type.hi, info.type.frac))
    return beats(node.name, info.shape, info.size // lanes, beat, lo, hi, frac)


def stretch(
    of: Chain, start: Beats, nodes: Sequence[Node], reuse: Reuse, clocks: int
) -> tuple[tuple[Segment, ...], Beats]:
    """Segments for some nodes that follow each other, and what comes out of the last.

    Args:
        of: the graph.
        start: what goes into the first node.
        nodes: neighbours in the chain.
        reuse: clocks that dense layers may take.
        clocks: the same for layers that `reuse` has no factor for.

    Raises:
        CannotStreamError: names the node that cannot be streamed.
        EdgemlError: a layer cannot have the factor that is given for it.
    """
    return _StreamPlanner(of, start, reuse, clocks).plan(nodes)


class _StreamPlanner:
    def __init__(self, of: Chain, start: Beats, reuse: Reuse, clocks: int) -> None:
        self._graph, self._constants = of.graph, of.constants
        self._segments: list[Segment] = []
        self._now, self._reuse, self._clocks = start, reuse, clocks
        self._kernel: Kernel | None = None

    def plan(self, nodes: Sequence[Node]) -> tuple[tuple[Segment, ...], Beats]:
        for node in nodes:
            self._add(node)
        self._flush()
        return tuple(self._segments), self._now

    def _factor(self, node: Node) -> int:
        """Clocks that a dense layer may take.

        Raises:
            EdgemlError: its elements come in more beats than it is given by its name.
        """
        factor = factors.of(self._reuse, node.layer)
        if isinstance(self._reuse, Mapping) and self._reuse.get(node.layer, self._count()) < self._count():
            raise EdgemlError(
                f"cannot be done in {factor} clocks: what it reads comes in {self._count()} beats",
                node.layer,
                f"reuse_factor {self._count()} or a multiple of it",
            )
        return factor or self._clocks

    def _add(self, node: Node) -> None:
        op, count = node.op, self._count()
        if factors.is_dense(self._graph, node) and (count > 1 or self._factor(node) > 1):
            self._fold(node)
        elif count == 1:
            self._open().whole(node)
        elif isinstance(op, Conv | MaxPool | SumPool):
            self._window(node, op)
        elif isinstance(op, Pad):
            self._pad(node, op)
        elif isinstance(op, Reshape) and self._kernel is None:
            self._reshape(node, op)
        elif op.kind is Kind.POINTWISE or isinstance(op, MatMul | Reshape):
            self._open().pointwise(node, count)
        else:
            raise CannotStreamError(node, "it reorders a stream")

    def _count(self) -> int:
        return self._now.count

    def _open(self) -> Kernel:
        if self._kernel is None:
            self._kernel = Kernel(self._graph, self._constants, self._now)
        return self._kernel

    def _flush(self) -> None:
        """End the kernel. The writer elaborates it and so learns the beats that leave it."""
        kernel, self._kernel = self._kernel, None
        if kernel is None or kernel.empty:
            return
        nums = elaborate(kernel.graph, kernel.bounds).outputs[kernel.value]
        frac = np.broadcast_to(np.asarray(kernel.graph.info(kernel.value).type.frac), nums.shape)
        ends = np.zeros((2, nums.size), np.int64)
        for position, (num, to) in enumerate(zip(nums.reshape(-1), frac.reshape(-1), strict=True)):
            shift = int(to) - num.frac if num.cell.lo or num.cell.hi else 0
            ends[:, position] = num.cell.lo << shift, num.cell.hi << shift
        shape = self._graph.info(kernel.value).shape
        lo, hi = ends.reshape(2, *nums.shape)
        self._now = beats(kernel.value, shape, self._now.count, nums.shape, lo, hi, frac)
        self._segments.append(KernelSegment(kernel, self._now))

    # ------------------------------------------------------------ windows

    def _window(self, node: Node, op: Conv | MaxPool | SumPool) -> None:
        self._flush()
        now = self._now
        kernel = self._graph.info(node.inputs[1]).shape[:-2] if isinstance(op, Conv) else op.pool
        dilation = op.dilation if isinstance(op, Conv) else (1,) * len(kernel)
        reach = tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))
        least = tuple(int(n) for n in now.lo.reshape(-1)) if isinstance(op, MaxPool) else (0,) * now.size
        self._slide(node, reach, op.strides, op.padding, least)
        space = self._graph.info(node.name).shape[:-1]
        self._now = _counted(self._now, int(np.prod(space, dtype=np.int64)))
        self._open().windowed(node)

    def _pad(self, node: Node, op: Pad) -> None:
        self._flush()
        if any(op.padding[-1]):
            raise CannotStreamError(node, "it pads channels")
        rank, shape = len(op.padding) - 1, self._graph.info(node.name).shape
        self._slide(node, (1,) * rank, (1,) * rank, op.padding[:-1], (0,) * self._now.size)
        count = int(np.prod(shape[:-1], dtype=np.int64))
        self._now = _counted(self._now.shaped(node.name, shape, self._now.beat), count)

    def _slide(
        self,
        node: Node,
        reach: tuple[int, ...],
        strides: tuple[int, ...],
        padding: tuple[Pair, ...],
        fill: tuple[int, ...],
    ) -> None:
        now = self._now
        size, channels = now.shape[:-1], now.shape[-1]
        if now.size != channels:
            raise CannotStreamError(node, f"a beat holds {now.size} elements, a pixel {channels}")
        full = [n + sum(pair) for n, pair in zip(size, padding, strict=True)]
        if len(size) == 2 and reach[0] > 1 and full[1] < 2:
            raise CannotStreamError(node, "the image is one pixel wide")
        if any(map(any, padding)):  # padding may be at any place in the window
            filler = np.asarray(fill).reshape(now.beat)
            lo, hi = np.minimum(now.lo, filler), np.maximum(now.hi, filler)
            wider = beats(now.value, now.shape, now.count, now.beat, lo, hi, now.frac)
            if (wider.signed, wider.width) != (now.signed, now.width):
                raise CannotStreamError(node, "its padding is no code of what comes in")
            now = wider
        strides = tuple(min(s, n) for s, n in zip(strides, full, strict=True))
        one = len(size) == 1
        rows = {
            "size": (1, *size) if one else size,
            "reach": (1, *reach) if one else reach,
            "strides": (1, *strides) if one else strides,
            "padding": ((0, 0), *padding) if one else padding,
        }
        self._segments.append(WindowSegment(node.name, self._now, **rows, fill=fill))  # pyright: ignore[reportArgumentType]
        patch = (*reach, channels)
        lo, hi, frac = (np.broadcast_to(part, patch) for part in (now.lo, now.hi, now.frac))
        self._now = Beats(now.value, now.shape, now.count, patch, lo, hi, frac, now.signed, now.width)

    # ------------------------------------------------------------ vectors

    def _reshape(self, node: Node, op: Reshape) -> None:
        now = self._now
        if len(op.shape) > 1 and op.shape[-1] != now.size:
            raise CannotStreamError(node, f"a beat of {now.size} elements is no pixel of shape {op.shape}")
        self._now = now.shaped(node.name, op.shape, (*(1,) * (len(op.shape) - 1), now.size))

    def _fold(self, node: Node) -> None:
        self._flush()
        now, graph = self._now, self._graph
        weights = graph.info(node.inputs[1])
        if len(np.unique(now.frac)) > 1:
            raise CannotStreamError(node, "elements with LSBs of their own are not folded")
        codes = align(self._constants[node.inputs[1]], weights.type.frac, weights.frac)
        matrix = np.broadcast_to(codes, weights.shape)
        lanes = factors.fewest_lanes(now.size, now.count, self._factor(node))
        if lanes != now.size:
            parts = [np.asarray(part).reshape(-1, lanes) for part in (now.lo, now.hi)]
            lo, hi = parts[0].min(axis=0), parts[1].max(axis=0)
            frac = np.broadcast_to(now.frac.reshape(-1)[:1], (lanes,))
            count = now.count * (now.size // lanes)
            thin = Beats(now.value, now.shape, count, (lanes,), lo, hi, frac, now.signed, now.width)
            self._segments.append(SerializeSegment(node.name, now, thin))
            now = thin
        rows = matrix.reshape(now.count, lanes, matrix.shape[1])
        plus, minus = np.maximum(rows, 0), np.minimum(rows, 0)
        lows, highs = (np.asarray(part).reshape(1, lanes, 1) for part in (now.lo, now.hi))
        ends = (lows * plus + highs * minus).sum((0, 1)), (highs * plus + lows * minus).sum((0, 1))
        info = graph.info(node.name)
        lo, hi = np.maximum(ends[0], info.lo), np.minimum(ends[1], info.hi)
        frac = np.full(matrix.shape[1], int(now.frac.reshape(-1)[0]) + weights.frac)
        sink = beats(node.name, info.shape, 1, info.shape, lo, hi, frac)
        bits = max((-int(matrix.min()) - 1).bit_length(), int(matrix.max()).bit_length()) + 1
        self._segments.append(FoldSegment(node.name, now, sink, rows, bits))
        self._now = sink


def _counted(now: Beats, count: int) -> Beats:
    return Beats(now.value, now.shape, count, now.beat, now.lo, now.hi, now.frac, now.signed, now.width)
