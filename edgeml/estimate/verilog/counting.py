"""Our own Verilog before synthesis: the emitter's plan, its clocks, and what its cells become.

Latency, interval and the start of every layer are not estimated: they come from the schedule and from the
clock-by-clock model that the emitter itself uses, and that Verilator confirms (`edgeml check`).

Invariant: the segments are walked in the order in which the emitter writes them, so the clocks are those of
the manifest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from edgeml.backends.verilog.build import chosen_mode
from edgeml.backends.verilog.design import Design, elaborate
from edgeml.backends.verilog.manifest import lane_bits
from edgeml.backends.verilog.options import VerilogOptions
from edgeml.backends.verilog.ports import BusPort, port
from edgeml.backends.verilog.schedule import Schedule, schedule
from edgeml.backends.verilog.stream import pairs, timing
from edgeml.backends.verilog.stream.beats import Beats
from edgeml.backends.verilog.stream.network import trace
from edgeml.backends.verilog.stream.pace import resolved
from edgeml.backends.verilog.stream.plan import plan
from edgeml.backends.verilog.stream.segments import (
    CollectSegment,
    FoldSegment,
    KernelSegment,
    ProductSegment,
    QueueSegment,
    ReduceSegment,
    Segment,
    SerializeSegment,
    StreamPlan,
    WindowSegment,
)
from edgeml.backends.verilog.stream.top import kernel_latencies
from edgeml.backends.verilog.stream.wiring import depths, parts_of, queue_address, wired
from edgeml.estimate.count import Count, total
from edgeml.estimate.verilog import parts
from edgeml.estimate.verilog.circuit import delay_bits, layer_count
from edgeml.families import Fabric
from edgeml.ir import Graph


@dataclass(frozen=True)
class Queue:
    """A FIFO: its beats, the bits of one, and what it is made of."""

    beats: int
    bits: int
    count: Count


@dataclass
class Piece:
    """A layer's share.

    Args:
        layer: name of the value it ends in, or of the module.
        op: the graph's op.
        count: what it is made of.
        start: clock in which the first value goes in.
        cycles: clocks from there to its last value.
        ii: clocks between two samples.
        reuse: how often a multiplier is used for a sample.
        queue: the largest FIFO in front of it, part of `count`; None if there is none.
    """

    layer: str
    op: str
    count: Count = field(default_factory=Count)
    start: int | None = None
    cycles: int | None = None
    ii: int | None = None
    reuse: int | None = None

    queue: Queue | None = None


@dataclass(frozen=True)
class StreamPorts:
    """The two streams of a design: bits of a beat, in the manifest's lanes, and beats of a sample."""

    in_bits: int
    in_beats: int
    out_bits: int
    out_beats: int


@dataclass(frozen=True)
class CountedDesign:
    """A whole design: its pieces in the order of the data, latency and interval in clocks, its ports.

    Args:
        mode: "parallel" or "stream".
        pieces: in the order of the data.
        latency: in clocks; 0 if only its resources were counted (`resources`), as the interval.
        interval: in clocks.
        ports: both streams.
        queues: address bits of a stream's FIFOs, by the place of their segment.
    """

    mode: str
    pieces: tuple[Piece, ...]
    latency: int
    interval: int
    ports: StreamPorts
    queues: Mapping[int, int] = field(default_factory=dict)


def count(graph: Graph, options: VerilogOptions, fabric: Fabric) -> CountedDesign:
    """Count a graph of core ops.

    Args:
        graph: what `edgeml.backends.verilog` would write.
        options: how it would be laid out.
        fabric: of the chip.
    """
    mode = chosen_mode(graph, options)
    if mode == "parallel":
        return _parallel(graph, options, fabric)
    return _StreamCounter(graph, options, fabric).counted(
        plan(graph, resolved(graph, options), options.pair_bits)
    )


def resources(graph: Graph, options: VerilogOptions, fabric: Fabric) -> CountedDesign:
    """The pieces, ports and queues of a design as `count` has them, without its clocks, which take longest.

    Args:
        graph: of core ops.
        options: how it would be laid out.
        fabric: of the chip.
    """
    if chosen_mode(graph, options) == "parallel":
        return _parallel(graph, options, fabric)
    return _StreamCounter(graph, options, fabric).resources(
        plan(graph, resolved(graph, options), options.pair_bits)
    )


def recounted(graph: Graph, options: VerilogOptions, fabric: Fabric, design: CountedDesign) -> CountedDesign:
    """The counts of a design for another fabric; its clocks, which take longest, are those of `design`.

    Args:
        graph: of core ops.
        options: how it is laid out.
        fabric: of the other chip.
        design: the same, counted for any chip.
    """
    if design.mode == "parallel":
        return _parallel(graph, options, fabric)
    counter = _StreamCounter(graph, options, fabric)
    counter.count(plan(graph, resolved(graph, options), options.pair_bits), design.queues)
    return replace(design, pieces=tuple(counter.pieces))


@dataclass(frozen=True)
class Stretch:
    """Some segments of a stream: what they are made of, and models of their modules, never clocked."""

    count: Count
    parts: tuple[timing.StreamPart, ...]


def stretch(graph: Graph, segments: Sequence[Segment], options: VerilogOptions, fabric: Fabric) -> Stretch:
    """Count neighbours in a stream by themselves; counts of stretches add up to those of the whole.

    Args:
        graph: what they are cut out of.
        segments: as `edgeml.backends.verilog.stream.plan` cuts them.
        options: how the network would be laid out.
        fabric: of the chip.
    """
    counter = _StreamCounter(graph, options, fabric)
    parts: list[timing.StreamPart] = []
    for segment in segments:
        latency = counter.segment(segment, {}, 0)
        parts += parts_of(segment, latency, 0)
    return Stretch(total(piece.count for piece in counter.pieces), tuple(parts))


def stream_ports(graph: Graph, source: Beats, sink: Beats) -> StreamPorts:
    """The ports of a stream."""
    return StreamPorts(
        lane_bits(_width(graph, graph.inputs[0])) * source.size,
        source.count,
        lane_bits(_width(graph, graph.outputs[0])) * sink.size,
        sink.count,
    )


# ---------------------------------------------------------------- side by side


def _parallel(graph: Graph, options: VerilogOptions, fabric: Fabric) -> CountedDesign:
    design = elaborate(graph)
    times = schedule(design, options.levels)
    pieces = _layers(design, times, fabric, 1)
    sources = [port(graph, name, "") for name in graph.inputs]
    sinks = [port(graph, name, "") for name in graph.outputs]
    ins = sum(
        one.width * len(layer.read)
        for one, layer in zip(sources, (layer for layer in design.layers if layer.is_input), strict=True)
    )
    outs = sum(one.bits for one in sinks)
    frame = Count(ff=ins, bare=ins) + parts.pipe_control(times.last + 1) + parts.skid(outs)
    pieces.append(Piece("(input and output)", "", frame, 0, times.last + 2, 1))
    ports = StreamPorts(_lanes(sources), 1, _lanes(sinks), 1)
    return CountedDesign("parallel", tuple(pieces), times.last + 2, 1, ports)


def _lanes(side: list[BusPort]) -> int:
    """Bits of the stream that holds them all."""
    return sum(lane_bits(one.width) * one.size for one in side)


def _layers(design: Design, times: Schedule, fabric: Fabric, offset: int) -> list[Piece]:
    """The modules of a pipeline; the delay lines count for the layer whose values wait."""
    pieces: list[Piece] = []
    waiting = {index: (bits, clocks) for index, bits, clocks in delay_bits(design, times)}
    for index, layer in enumerate(design.layers):
        if layer.is_input and index not in waiting:
            continue
        registers = parts.delay(*waiting[index], fabric) if index in waiting else Count()
        here = Count() if layer.is_input else layer_count(design, times, index, fabric)
        last = layer.nodes[-1]
        start, cycles = times.enters[index] + offset, times.leaves[index] - times.enters[index]
        pieces.append(Piece(last.name, last.op.op_name(), here + registers, start, cycles, 1))
    return pieces


# ---------------------------------------------------------------- as a stream


class _StreamCounter:
    def __init__(self, graph: Graph, options: VerilogOptions, fabric: Fabric) -> None:
        self._graph, self._options, self._fabric = graph, options, fabric
        self.pieces: list[Piece] = []
        self._spans: list[tuple[Piece, int, bool]] = []

    def resources(self, layout: StreamPlan) -> CountedDesign:
        """The pieces, ports and queues, without clocks."""
        addresses = depths(layout, kernel_latencies(layout, self._options.levels))
        self.count(layout, addresses)
        ports = stream_ports(self._graph, layout.source, layout.sink)
        return CountedDesign("stream", tuple(self.pieces), 0, 0, ports, addresses)

    def counted(self, layout: StreamPlan) -> CountedDesign:
        """The whole design."""
        design, latencies = self.resources(layout), kernel_latencies(layout, self._options.levels)
        source, sink, frame = layout.source, layout.sink, self.pieces[-1]
        words = {place: 1 << bits for place, bits in design.queues.items()}
        # One sample by itself for where it is when; several for how soon they follow each other.
        alone, many = (wired(layout, latencies, words) for _ in range(2))
        traced = trace(alone.network, source.count, sink.count, 1)
        ends = trace(many.network, source.count, sink.count).ends
        interval = ends[-1] - ends[-2]
        for piece, place, buffered in self._spans:
            begin, end = alone.spans[place]
            end -= not buffered
            entered = traced.enters[begin]
            piece.start = entered if piece.start is None else min(entered, piece.start)
            piece.cycles = max(traced.leaves[end] - piece.start, piece.cycles or 0)
            piece.ii = interval
        frame.start, frame.cycles = 0, traced.ends[0]  # it holds the network, as side by side
        return replace(design, latency=traced.ends[0], interval=interval)

    def count(self, layout: StreamPlan, addresses: Mapping[int, int]) -> None:
        """Count all segments, clocks left out; the piece of input and output is the last."""
        frame = Piece("(input and output)", "", parts.skid(layout.source.bits))
        for place, segment in enumerate(layout.segments):
            self.segment(segment, addresses, place)
        self._forks(layout, frame)
        self.pieces.append(frame)

    def segment(self, segment: Segment, addresses: Mapping[int, int], place: int) -> int:
        """Count one segment; returns the stages of a kernel."""
        match segment:
            case WindowSegment():
                self._window(segment, place)
            case KernelSegment():
                return self._kernel(segment, place)
            case SerializeSegment():
                self._serialize(segment, place)
            case FoldSegment():
                self._fold(segment, place)
            case ProductSegment():
                self._product(segment, place)
            case CollectSegment():
                count = parts.collect(segment.source.bits, segment.sink.size // segment.source.size)
                self._add(self._piece(segment.node), place, count)
            case ReduceSegment():
                self._reduce(segment, place)
            case QueueSegment():
                self._queue(segment.node, place, segment.source.bits, addresses.get(place, 1))
        return 0

    def _queue(self, node: str, place: int, bits: int, address: int) -> None:
        piece, count = self._piece(node), parts.fifo(bits, address, self._fabric)
        queue = Queue(1 << address, bits, count)
        before = piece.queue
        if before is None or before.beats * before.bits < queue.beats * queue.bits:
            piece.queue = queue
        self._add(piece, place, count)

    def _forks(self, layout: StreamPlan, frame: Piece) -> None:
        """Streams that several segments read; they count for the whole."""
        readers = Counter(read for reads in layout.reads for read in reads)
        for ways in readers.values():
            if ways > 1:
                frame.count = frame.count + parts.fork(ways)

    def _add(self, piece: Piece, place: int, count: Count) -> None:
        piece.count = piece.count + count
        self._spans.append((piece, place, True))

    def _piece(self, node: str) -> Piece:
        """The share of a node, the same one if its window or queue stands there already."""
        for piece in self.pieces:
            if piece.layer == node:
                return piece
        self.pieces.append(Piece(node, self._graph.node(node).op.op_name()))
        return self.pieces[-1]

    def _window(self, at: WindowSegment, place: int) -> None:
        full = (sum(at.padding[0]) + at.size[0], sum(at.padding[1]) + at.size[1])
        self._add(self._piece(at.node), place, parts.window(at.source.bits, full, at.reach, self._fabric))

    def _kernel(self, at: KernelSegment, place: int) -> int:
        design = elaborate(at.kernel.graph, at.kernel.bounds)
        times = schedule(design, self._options.levels)
        for piece in _layers(design, times, self._fabric, 0):
            same = next((p for p in self.pieces if _same_layer(self._graph, p.layer, piece.layer)), None)
            if same is None:
                self.pieces.append(piece)
                same = piece
            else:
                same.layer, same.op = piece.layer, piece.op
                same.count = same.count + piece.count
            same.start = same.cycles = None
            self._spans.append((same, place, False))  # without the buffer behind the kernel
        tail = self.pieces[-1]
        tail.count = tail.count + (parts.pipe_control(times.last) if times.last else Count())
        self._add(tail, place, parts.skid(at.sink.bits))
        return times.last

    def _serialize(self, at: SerializeSegment, place: int) -> None:
        piece = self._piece(at.node)
        source, sink = at.source, at.sink
        if source.count > 1:
            self._queue(at.node, place, source.bits, queue_address(source.count))
        self._add(piece, place, parts.serialize(sink.bits, source.size // sink.size))

    def _fold(self, at: FoldSegment, place: int) -> None:
        piece = self._piece(at.node)
        source, sink = at.source, at.sink
        piece.reuse = len(at.weights)
        words, bits = pairs.stored(at)
        count = parts.fold(words, bits, source.width, source.signed, sink.width, self._fabric, at.paired)
        self._add(piece, place, count)
        self._add(piece, place, parts.skid(sink.bits))

    def _product(self, at: ProductSegment, place: int) -> None:
        piece = self._piece(at.node)
        piece.reuse = at.beats * at.passes
        self._add(piece, place, parts.product_of_parts(at, self._fabric))

    def _reduce(self, at: ReduceSegment, place: int) -> None:
        source, sink = at.source, at.sink
        count = parts.reduce(source.size, sink.width, source.count, at.is_maximum)
        self._add(self._piece(at.node), place, count)


def _width(graph: Graph, value: str) -> int:
    return port(graph, value, "").width


def _same_layer(graph: Graph, first: str, second: str) -> bool:
    return (
        first in graph.infos and second in graph.infos and graph.node(first).layer == graph.node(second).layer
    )
