"""The graph cut into segments.

A kernel collects ops that treat all beats alike. A convolution or pooling starts a new one behind a window;
a product with a matrix of a vector that comes in several beats is folded, and so is any layer that is given
more than one clock. Where more than one clock's work is done per beat, a FIFO in front takes the beats that
come meanwhile. Streams may branch and meet again, element by element or channel behind channel: a FIFO stands
in front of everything that reads several streams.

Invariant: every segment reads streams of those before it, and the integers are the graph's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from edgeml.backends.verilog.design import elaborate
from edgeml.backends.verilog.stream import factors, folded, pairs
from edgeml.backends.verilog.stream.beats import Beats, CannotStreamError, beats
from edgeml.backends.verilog.stream.cuts import Cuts, StageKind, cut
from edgeml.backends.verilog.stream.factors import Reuse
from edgeml.backends.verilog.stream.flow import DataFlow, flow, source
from edgeml.backends.verilog.stream.kernel import Kernel
from edgeml.backends.verilog.stream.pairs import Pairs
from edgeml.backends.verilog.stream.segments import (
    INPUT,
    CollectSegment,
    FoldSegment,
    KernelSegment,
    Pair,
    QueueSegment,
    ReduceSegment,
    Segment,
    SerializeSegment,
    StreamPlan,
    WindowSegment,
)
from edgeml.errors import EdgemlError
from edgeml.fixed import align
from edgeml.ir import Graph, Node
from edgeml.ir.kind import Kind
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.pad import Pad
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.sum_pool import SumPool


def plan(graph: Graph, reuse: Reuse, pair_bits: Pairs = None) -> StreamPlan:
    """Cut a graph of core ops.

    Args:
        graph: the graph.
        reuse: clocks that layers may take.
        pair_bits: multipliers that two products share; makes no other difference to the plan.

    Raises:
        CannotStreamError: names the node that cannot be streamed.
        EdgemlError: a layer cannot have the factor that is given for it, or cannot be paired.
    """
    path = flow(graph)
    start = source(path, factors.of_input(reuse, graph, path.nodes))
    planner = _StreamPlanner(path, start, reuse, start.count, pair_bits)
    return planner.whole(path.nodes)


def stretch(
    of: DataFlow, start: Beats, nodes: Sequence[Node], reuse: Reuse, clocks: int, pair_bits: Pairs
) -> tuple[tuple[Segment, ...], Beats]:
    """Segments for some nodes that follow each other, and what comes out of the last.

    Args:
        of: the graph.
        start: what goes into the first node.
        nodes: neighbours in the chain.
        reuse: clocks that dense layers may take.
        clocks: the same for layers that `reuse` has no factor for.
        pair_bits: multipliers that two products share.

    Raises:
        CannotStreamError: names the node that cannot be streamed.
        EdgemlError: a layer cannot have the factor that is given for it, or cannot be paired.
    """
    planned = _StreamPlanner(of, start, reuse, clocks, pair_bits).whole(nodes)
    return planned.segments, planned.sink


class _StreamPlanner:
    def __init__(self, of: DataFlow, start: Beats, reuse: Reuse, clocks: int, pair_bits: Pairs) -> None:
        self._pair_bits = pair_bits
        self._of, self._graph, self._constants = of, of.graph, of.constants
        self._segments: list[Segment] = []
        self._reads: list[tuple[int, ...]] = []
        self._reuse, self._clocks, self._start = reuse, clocks, start
        self._streams: dict[str, tuple[int, Beats]] = {start.value: (INPUT, start)}
        self._counts: dict[str, int] = {start.value: start.count}
        self._stages: dict[str, StageKind] = {}
        self._varying: dict[str, tuple[str, ...]] = {}
        self._products: dict[str, Node] = {}

    def whole(self, nodes: Sequence[Node]) -> StreamPlan:
        """Segments for nodes that follow `start`."""
        own = tuple(node for node in nodes if self._classified(node))
        cuts = cut(self._graph, self._start.value, own, self._varying, self._stages)
        for name in cuts.streams[1:]:
            self._add(name, cuts)
        sink = self._streams[cuts.streams[-1]][1]
        return StreamPlan(self._start, tuple(self._segments), tuple(self._reads), sink)

    # ------------------------------------------------------------ what stands where

    def _classified(self, node: Node) -> bool:
        """Find a node's stage and its beats; false if its successor, a bias, stands for it."""
        if node.name in self._stages:  # a bias that a product begins with
            return True
        self._varying[node.name] = self._of.varying(node)
        counts = {self._counts[name] for name in self._varying[node.name]}
        stage, count = self._stage(node, max(counts))
        if len(counts) > 1:
            if len(self._graph.info(node.name).shape) != 1:
                raise CannotStreamError(
                    node, f"its values come in {' and '.join(map(str, sorted(counts)))} beats"
                )
            count = 1
        self._counts[node.name], self._stages[node.name] = count, stage
        product = self._products.get(node.name)
        if product is None:
            return True
        total = folded.total_of(self._graph, product)
        self._products[total.name] = product
        self._varying[total.name] = self._varying[node.name]
        self._counts[total.name], self._stages[total.name] = count, stage
        return total is node

    def _stage(self, node: Node, count: int) -> tuple[StageKind, int]:
        """The part in front of a node that reads values of `count` beats, and the beats of its own."""
        op, graph = node.op, self._graph
        if factors.is_dense(graph, node) and (count > 1 or self._factor(node, count) > 1):
            if self._dense_split(node, count) is not None:
                self._products[node.name] = node
            return StageKind.WHOLE, 1
        if self._split(node) is not None:
            self._products[node.name] = node
            return StageKind.WHOLE, self._positions(node)
        if count == 1:
            return StageKind.NONE, 1
        if isinstance(op, MaxPool | SumPool) and self._covers(node, op):
            return StageKind.WHOLE, 1
        if isinstance(op, Conv | MaxPool | SumPool):
            return StageKind.WINDOW, self._positions(node)
        if isinstance(op, Pad):
            return StageKind.WHOLE, self._positions(node)
        if op.kind is Kind.POINTWISE or isinstance(op, MatMul | Reshape | Concat):
            return StageKind.NONE, count
        raise CannotStreamError(node, "it reorders a stream")

    def _positions(self, node: Node) -> int:
        return int(np.prod(self._graph.info(node.name).shape[:-1], dtype=np.int64))

    def _covers(self, node: Node, op: MaxPool | SumPool) -> bool:
        """True if a pooling has one window, the whole map."""
        space = self._graph.info(node.inputs[0]).shape[:-1]
        return tuple(op.pool) == space and not any(map(any, op.padding))

    def _factor(self, node: Node, count: int) -> int:
        """Clocks that a dense layer may take.

        Raises:
            EdgemlError: its elements come in more beats than it is given by its name.
        """
        factor = factors.of(self._reuse, node.layer)
        if isinstance(self._reuse, Mapping) and self._reuse.get(node.layer, count) < count:
            raise EdgemlError(
                f"cannot be done in {factor} clocks: what it reads comes in {count} beats",
                node.layer,
                f"reuse_factor {count} or a multiple of it",
            )
        return factor or self._clocks

    def _dense_split(self, node: Node, count: int) -> folded.ProductSplit | None:
        """The parts of a dense layer that has more clocks than inputs, so that it takes several passes."""
        factor = factors.of(self._reuse, node.layer)
        size = folded.ProductSize(*self._graph.info(node.inputs[1]).shape, depthwise=False)
        split = None if factor is None or factor <= size.inputs else size.split(factor)
        return split if split is not None and split.passes > 1 else None

    def _split(self, node: Node) -> folded.ProductSplit | None:
        """The parts of a convolution; None if it is laid out side by side.

        Raises:
            EdgemlError: it cannot have the factor that is given for it by its name.
        """
        factor, size = factors.of_window(self._reuse, node.layer), folded.size_of(self._graph, node)
        if factor is None or factor == 1 or not isinstance(node.op, Conv):
            return None
        if size is None:
            kind = f"of {node.op.groups} groups" if node.op.groups > 1 else "with dilation"
            what = f"is a convolution {kind}, which is not folded"
            raise EdgemlError(what, node.layer, "reuse_factor 1")
        split = size.split(factor)
        if split is None and size.depthwise and size.products > 1:
            raise folded.cannot(node, factor, size)
        return split

    # ------------------------------------------------------------ streams

    def _add(self, name: str, cuts: Cuts) -> None:
        node = self._graph.node(name)
        if self._stages[name] is not StageKind.WHOLE:
            self._streams[name] = self._kernel(name, cuts)
            return
        (source,) = self._varying[name]
        if name in self._products:
            self._product(self._products[name], name, source)
        elif isinstance(node.op, MatMul):
            self._fold(node, source)
        elif isinstance(node.op, Pad):
            self._pad(node, node.op, *self._pixels(source))
        else:
            self._reduce(node, *self._pixels(source))

    def _append(self, segment: Segment, *reads: int) -> int:
        self._segments.append(segment)
        self._reads.append(reads)
        return len(self._segments) - 1

    def _pixels(self, name: str, whole: bool = False) -> tuple[int, Beats]:
        """A stream of whole pixels; with `whole`, of a whole vector."""
        at, now = self._streams[name]
        rank = len(now.shape)
        size = now.shape[rank - 1] if rank > 1 or whole else now.size
        if now.size < size and now.count > 1:
            beat = (*(1,) * (len(now.shape) - 1), size)
            parts = size // now.size
            lo, hi, frac = (
                np.tile(np.asarray(n).reshape(-1), parts).reshape(beat) for n in (now.lo, now.hi, now.frac)
            )
            sink = Beats(now.value, now.shape, now.count // parts, beat, lo, hi, frac, now.signed, now.width)
            at = self._append(CollectSegment(name, now, sink), at)
            self._streams[name] = at, sink
        return self._streams[name]

    def _kernel(self, name: str, cuts: Cuts) -> tuple[int, Beats]:
        nodes, reads = cuts.kernels[name], cuts.reads[name]
        first = nodes[0]
        if self._stages[first.name] is StageKind.WINDOW:
            (read,) = reads
            assert isinstance(first.op, Conv | MaxPool | SumPool)
            return self._written(nodes, [self._window(first, first.op, *self._pixels(read))], True)
        beats_of = [self._streams[read][1] for read in reads]
        if len({now.beat for now in beats_of}) > 1 or len({now.count for now in beats_of}) > 1:
            for read in reads:
                self._pixels(read, self._counts[first.name] == 1)
        try:
            return self._written(nodes, [self._streams[read] for read in reads])
        except CannotStreamError:
            before = [self._streams[read] for read in reads]
            after = [self._pixels(read, True) for read in reads]
            if before == after:
                raise
            return self._written(nodes, [self._streams[read] for read in reads])

    def _written(
        self, nodes: Sequence[Node], starts: Sequence[tuple[int, Beats]], windowed: bool = False
    ) -> tuple[int, Beats]:
        """A kernel behind some streams; its beats are those that leave its circuit."""
        ((at, now), *others) = starts
        count = now.count
        left = list(nodes)
        while not (others or windowed) and count > 1 and left and isinstance(left[0].op, Reshape):
            now = _reshaped(left[0], left[0].op, now)
            left.pop(0)
        if not left:
            return at, now
        kernel = Kernel(self._graph, self._constants, (now, *(beats for _, beats in others)))
        for node in left:
            if windowed and node is nodes[0]:
                kernel.windowed(node)
            elif count == 1:
                kernel.whole(node)
            else:
                kernel.pointwise(node, count)
        nums = elaborate(kernel.graph, kernel.bounds).outputs[kernel.value]
        frac = np.broadcast_to(np.asarray(kernel.graph.info(kernel.value).type.frac), nums.shape)
        ends = np.zeros((2, nums.size), np.int64)
        for position, (num, to) in enumerate(zip(nums.reshape(-1), frac.reshape(-1), strict=True)):
            shift = int(to) - num.frac if num.cell.lo or num.cell.hi else 0
            ends[:, position] = num.cell.lo << shift, num.cell.hi << shift
        lo, hi = ends.reshape(2, *nums.shape)
        shape = self._graph.info(kernel.value).shape
        sink = beats(kernel.value, shape, count, nums.shape, lo, hi, frac)
        reads = [at for at, _ in starts]
        if others:
            reads = [self._append(QueueSegment(kernel.value, beats), at) for at, beats in starts]
        return self._append(KernelSegment(kernel, sink), *reads), sink

    # ------------------------------------------------------------ windows

    def _window(self, node: Node, op: Conv | MaxPool | SumPool, at: int, now: Beats) -> tuple[int, Beats]:
        """The windows of a layer."""
        kernel = self._graph.info(node.inputs[1]).shape[:-2] if isinstance(op, Conv) else op.pool
        dilation = op.dilation if isinstance(op, Conv) else (1,) * len(kernel)
        reach = tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))
        least = tuple(int(n) for n in now.lo.reshape(-1)) if isinstance(op, MaxPool) else (0,) * now.size
        at, now = self._slide(node, at, now, reach, op.strides, op.padding, least)
        return at, _counted(now, self._positions(node))

    def _pad(self, node: Node, op: Pad, at: int, now: Beats) -> None:
        if any(op.padding[-1]):
            raise CannotStreamError(node, "it pads channels")
        rank, shape = len(op.padding) - 1, self._graph.info(node.name).shape
        one = (1,) * rank
        at, now = self._slide(node, at, now, one, one, op.padding[:-1], (0,) * now.size)
        self._streams[node.name] = at, _counted(now.shaped(node.name, shape, now.beat), self._positions(node))

    def _slide(
        self,
        node: Node,
        at: int,
        now: Beats,
        reach: tuple[int, ...],
        strides: tuple[int, ...],
        padding: tuple[Pair, ...],
        fill: tuple[int, ...],
    ) -> tuple[int, Beats]:
        source = now
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
        segment = WindowSegment(node.name, source, **rows, fill=fill)  # pyright: ignore[reportArgumentType]
        patch = (*reach, channels)
        lo, hi, frac = (np.broadcast_to(part, patch) for part in (now.lo, now.hi, now.frac))
        now = Beats(now.value, now.shape, now.count, patch, lo, hi, frac, now.signed, now.width)
        return self._append(segment, at), now

    def _reduce(self, node: Node, at: int, now: Beats) -> None:
        largest = isinstance(node.op, MaxPool)
        info = self._graph.info(node.name)
        times = 1 if largest else now.count
        ends = (now.lo * times, now.hi * times, now.frac)
        beat = (*(1,) * (len(info.shape) - 1), now.size)
        lo, hi, frac = (np.asarray(part).reshape(beat) for part in ends)
        sink = beats(node.name, info.shape, 1, beat, lo, hi, frac)
        self._streams[node.name] = self._append(ReduceSegment(node.name, now, sink, largest), at), sink

    # ------------------------------------------------------------ products

    def _product(self, node: Node, name: str, source: str) -> None:
        """A layer whose multipliers go through its windows, or a vector, part by part."""
        at, now = self._pixels(source, whole=True)
        split = self._split(node)
        if isinstance(node.op, Conv):
            if now.count > 1 or now.size != self._graph.info(node.inputs[1]).size:
                at, now = self._window_of_product(node, node.op, at, now)
        else:
            split = self._dense_split(node, now.count)
        assert split is not None
        codes = self._constants[node.inputs[1]]
        segment = folded.product(self._graph, node, codes, now, split)
        segment = replace(segment, paired=pairs.chosen(self._pair_bits, node.layer, segment))
        self._streams[name] = self._append(segment, at), segment.sink

    def _window_of_product(self, node: Node, op: Conv, at: int, now: Beats) -> tuple[int, Beats]:
        """The windows of a folded layer; a kernel of one pixel at every place needs none."""
        taps = self._graph.info(node.inputs[1]).shape[:-2]
        if set(taps) == {1} and set(op.strides) == {1} and not any(map(any, op.padding)):
            return at, now
        return self._window(node, op, at, now)

    def _fold(self, node: Node, source: str) -> None:
        graph = self._graph
        at, now = self._streams[source]
        if self._counts[source] < now.count > self._factor(node, self._counts[source]):
            at, now = self._pixels(source, whole=True)
        weights = graph.info(node.inputs[1])
        if len(np.unique(now.frac)) > 1:
            raise CannotStreamError(node, "elements with LSBs of their own are not folded")
        codes = align(self._constants[node.inputs[1]], weights.type.frac, weights.frac)
        matrix = np.broadcast_to(codes, weights.shape)
        lanes = factors.fewest_lanes(now.size, now.count, self._factor(node, now.count))
        if lanes != now.size:
            parts = [np.asarray(part).reshape(-1, lanes) for part in (now.lo, now.hi)]
            lo, hi = parts[0].min(axis=0), parts[1].max(axis=0)
            frac = np.broadcast_to(now.frac.reshape(-1)[:1], (lanes,))
            count = now.count * (now.size // lanes)
            thin = Beats(now.value, now.shape, count, (lanes,), lo, hi, frac, now.signed, now.width)
            at = self._append(SerializeSegment(node.name, now, thin), at)
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
        segment = FoldSegment(node.name, now, sink, rows, bits)
        segment = replace(segment, paired=pairs.chosen(self._pair_bits, node.layer, segment))
        self._streams[node.name] = self._append(segment, at), sink


def _reshaped(node: Node, op: Reshape, now: Beats) -> Beats:
    if len(op.shape) > 1 and op.shape[-1] != now.size:
        raise CannotStreamError(node, f"a beat of {now.size} elements is no pixel of shape {op.shape}")
    return now.shaped(node.name, op.shape, (*(1,) * (len(op.shape) - 1), now.size))


def _counted(now: Beats, count: int) -> Beats:
    return Beats(now.value, now.shape, count, now.beat, now.lo, now.hi, now.frac, now.signed, now.width)
