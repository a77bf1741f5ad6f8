"""The chain of segments as Verilog, between two AXI4-Stream ports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgeml.backends.verilog.design import elaborate
from edgeml.backends.verilog.manifest import Lanes, Stream, lane_bits
from edgeml.backends.verilog.names import Names
from edgeml.backends.verilog.ports import WAIVERS
from edgeml.backends.verilog.schedule import schedule
from edgeml.backends.verilog.stream.beats import Beats
from edgeml.backends.verilog.stream.network import trace
from edgeml.backends.verilog.stream.parts import SegmentWriter, Tap, count_bits
from edgeml.backends.verilog.stream.segments import (
    INPUT,
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
from edgeml.backends.verilog.stream.wiring import depths, wired
from edgeml.backends.verilog.top import packed, port_list, unpacked
from edgeml.ir import Graph, ValueInfo

PRIMITIVES = (
    "edgeml_collect",
    "edgeml_fifo",
    "edgeml_fold",
    "edgeml_fork",
    "edgeml_product",
    "edgeml_reduce",
    "edgeml_serialize",
    "edgeml_window",
)
"""Files of hw/rtl that a stream may need beside those of `top.PRIMITIVES`."""


_SAMPLES = 5
"""Samples that follow each other while the interval is worked out, as the runner sends them."""


@dataclass(frozen=True)
class Streamed:
    """A network as a stream."""

    files: dict[str, str]
    source: Stream
    sink: Stream
    latency: int
    interval: int
    taps: tuple[Tap, ...] = ()


def write_stream(graph: Graph, plan: StreamPlan, top: str, names: Names, levels: float) -> Streamed:
    """All modules.

    Args:
        graph: the whole graph.
        plan: how it was cut.
        top: name of the top module.
        names: identifiers of modules.
        levels: adder levels per stage.
    """
    latencies = kernel_latencies(plan, levels)
    addresses = depths(plan, latencies)
    return _Writer(graph, plan, top, names, levels, addresses).write(latencies)


def taps_of(graph: Graph, plan: StreamPlan, top: str, names: Names, levels: float) -> tuple[Tap, ...]:
    """The buses of a design on which values pass; arguments as for `write_stream`."""
    return _Writer(graph, plan, top, names, levels, {}).tapped()


def kernel_latencies(plan: StreamPlan, levels: float) -> dict[int, int]:
    """Stages of every kernel, by its place among the segments."""
    return {
        place: schedule(elaborate(one.kernel.graph, one.kernel.bounds), levels).last
        for place, one in enumerate(plan.segments)
        if isinstance(one, KernelSegment)
    }


class _Writer(SegmentWriter):
    def __init__(
        self,
        graph: Graph,
        plan: StreamPlan,
        top: str,
        names: Names,
        levels: float,
        addresses: Mapping[int, int],
    ) -> None:
        super().__init__(top, names, levels)
        self._graph, self._plan, self._addresses = graph, plan, addresses
        self._ends: dict[int, list[str]] = {}

    def tapped(self) -> tuple[Tap, ...]:
        """The buses alone."""
        self._segments()
        return tuple(self.taps)

    def write(self, latencies: Mapping[int, int]) -> Streamed:
        """The files, with latency and interval.

        Args:
            latencies: stages by kernel.
        """
        plan = self._plan
        source = _stream("s_axis", plan.source, self._graph.info(plan.source.value))
        sink = _stream("m_axis", plan.sink, self._graph.info(plan.sink.value))
        self.bus = self.locals.unique("pixels")
        self.body += [
            "  genvar i;",
            "  wire rst = ~aresetn;",
            "",
            *unpacked(source.values[0], f"{self.bus}_data", "unpack"),
        ]
        self.body += [
            f"  wire {self.bus}_valid = s_axis_tvalid & aresetn;",
            f"  wire {self.bus}_ready;",
        ]
        self.body += [f"  assign s_axis_tready = {self.bus}_ready & aresetn;"]
        self.buffer("in", plan.source.bits)
        self._segments()
        self._finish(sink)
        note = f"// {self._graph.name}, streamed: {source.beats} beats per sample, {sink.beats} per result."
        text = "\n".join(
            [
                note,
                f"{WAIVERS}module {self.top} (",
                port_list(source, sink),
                ");",
                *self.body,
                "endmodule",
                "",
            ]
        )
        self.files[f"{self.top}.v"] = text
        words = {place: 1 << bits for place, bits in self._addresses.items()}
        # What follows a sample does not delay it, so the first result comes as soon as if it were alone.
        ends = trace(wired(plan, latencies, words).network, source.beats, sink.beats, _SAMPLES).ends
        return Streamed(self.files, source, sink, ends[0], ends[-1] - ends[-2], tuple(self.taps))

    def _segments(self) -> None:
        plan = self._plan
        readers = Counter(read for reads in plan.reads for read in reads)
        self._forked(INPUT, plan.source.bits, readers[INPUT])
        for place, (segment, reads) in enumerate(zip(plan.segments, plan.reads, strict=True)):
            before = [self._ends[read].pop(0) for read in reads]
            self.bus = before[0] if len(before) == 1 else self._joined(before, segment)
            self._segment(segment, place)
            last = place == len(plan.segments) - 1
            self._forked(place, 0 if last else _bits(segment), readers[place])

    def _segment(self, segment: Segment, place: int) -> None:
        match segment:
            case WindowSegment():
                self.window(segment)
            case KernelSegment():
                self.kernel(segment)
            case SerializeSegment():
                self.serialize(segment)
            case FoldSegment():
                self.fold(segment)
            case ProductSegment():
                self.product(segment)
            case CollectSegment():
                self.collect(segment)
            case ReduceSegment():
                self.reduce(segment)
            case QueueSegment():
                self.queue(segment, self._addresses.get(place, 1))

    # ------------------------------------------------------------ parts of the chain

    def _joined(self, buses: list[str], at: Segment) -> str:
        """One bus for several streams whose beats go on together, the first in the lowest bits."""
        assert isinstance(at, KernelSegment)
        bits = sum(start.bits for start in at.kernel.starts)
        bus = self.locals.unique(f"{at.kernel.value}_joined")
        data = ", ".join(f"{name}_data" for name in reversed(buses))
        valid = " & ".join(f"{name}_valid" for name in buses)
        self.body += [
            "",
            f"  wire [{bits - 1}:0] {bus}_data = {{{data}}};",
            f"  wire {bus}_valid = {valid};",
            f"  wire {bus}_ready;",
            *(f"  assign {name}_ready = {bus}_valid & {bus}_ready;" for name in buses),
        ]
        return bus

    def _forked(self, stream: int, bits: int, ways: int) -> None:
        """Give every reader of a stream a bus of its own."""
        bus = self.bus
        self._ends[stream] = [bus]
        if ways < 2:
            return
        self._ends[stream] = [self.locals.unique(f"{bus}_way") for _ in range(ways)]
        for name in self._ends[stream]:
            self.body += [f"  wire [{bits - 1}:0] {name}_data;", f"  wire {name}_valid, {name}_ready;"]
        buses = {
            end: ", ".join(f"{name}_{end}" for name in reversed(self._ends[stream]))
            for end in ("data", "valid", "ready")
        }
        self.body += [
            f"  edgeml_fork #(.WIDTH({bits}), .WAYS({ways})) u_{bus}_fork (",
            "    .clk(aclk), .rst(rst),",
            f"    .s_data({bus}_data), .s_valid({bus}_valid), .s_ready({bus}_ready),",
            f"    .m_data({{{buses['data']}}}), .m_valid({{{buses['valid']}}}),",
            f"    .m_ready({{{buses['ready']}}}));",
        ]

    def _finish(self, sink: Stream) -> None:
        (lanes,), bus, now = sink.values, self.bus, self._plan.sink
        self.note("the result")
        self.body += [f"  assign m_axis_tvalid = {bus}_valid, {bus}_ready = m_axis_tready;"]
        if sink.beats == 1:
            self.body += ["  assign m_axis_tlast = 1'b1;  // every beat is a whole result"]
        else:
            bits = count_bits(sink.beats)
            self.body += [
                f"  reg [{bits - 1}:0] beat;",
                f"  assign m_axis_tlast = beat == {bits}'d{sink.beats - 1};",
                "  always @(posedge aclk)",
                f"    if (rst) beat <= {bits}'d0;",
                "    else if (m_axis_tvalid & m_axis_tready)",
                f"      beat <= m_axis_tlast ? {bits}'d0 : beat + 1'b1;",
            ]
        self.body += [f"  wire [{lanes.elements * lanes.width - 1}:0] codes;"]
        for position in range(lanes.elements):
            part = f"{bus}_data[{(position + 1) * now.width - 1}:{position * now.width}]"
            top = f"{bus}_data[{(position + 1) * now.width - 1}]" if now.signed else "1'b0"
            more = lanes.width - now.width
            text = f"{{{{{more}{{{top}}}}}, {part}}}" if more > 0 else part
            if more < 0:
                text = f"{bus}_data[{position * now.width + lanes.width - 1}:{position * now.width}]"
            self.body.append(
                f"  assign codes[{(position + 1) * lanes.width - 1}:{position * lanes.width}] = {text};"
            )
        self.body += packed(lanes, "codes", "pack")


def _bits(segment: Segment) -> int:
    """Bits of a beat that leaves a segment."""
    match segment:
        case WindowSegment():
            return segment.source.bits * segment.reach[0] * segment.reach[1]
        case QueueSegment():
            return segment.source.bits
        case _:
            return segment.sink.bits


def _stream(port: str, now: Beats, info: ValueInfo) -> Stream:
    width, frac = (
        int(np.max(info.type.width)),
        np.broadcast_to(np.asarray(info.type.frac), info.shape).reshape(-1),
    )
    fracs = tuple(int(f) for f in frac)
    lane = lane_bits(width)
    one = fracs[0] if len(set(fracs)) == 1 else fracs
    lanes = Lanes(
        value=now.value,
        shape=info.shape,
        signed=info.type.signed,
        width=width,
        frac=one,
        lane=lane,
        offset=0,
        elements=now.size,
    )
    return Stream(port=port, bits=lane * now.size, beats=now.count, values=(lanes,))
