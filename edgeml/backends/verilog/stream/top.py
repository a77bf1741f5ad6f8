"""The chain of segments as Verilog, between two AXI4-Stream ports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from edgeml.backends.verilog.design import Design, elaborate
from edgeml.backends.verilog.manifest import Lanes, Stream, lane_bits
from edgeml.backends.verilog.module import write_core
from edgeml.backends.verilog.names import Names
from edgeml.backends.verilog.ports import WAIVERS, Core
from edgeml.backends.verilog.schedule import schedule
from edgeml.backends.verilog.stream import timing
from edgeml.backends.verilog.stream.beats import Beats
from edgeml.backends.verilog.stream.plan import (
    FoldSegment,
    KernelSegment,
    SerializeSegment,
    StreamPlan,
    WindowSegment,
)
from edgeml.backends.verilog.top import packed, port_list, unpacked
from edgeml.ir import Graph, ValueInfo

PRIMITIVES = ("edgeml_fifo", "edgeml_fold", "edgeml_serialize", "edgeml_window")
"""Files of hw/rtl that a stream may need beside those of `top.PRIMITIVES`."""

_DEEPEST = 1024


@dataclass(frozen=True)
class Tap:
    """A bus of the top module, BUS_data, on which a beat passes when BUS_valid and BUS_ready are set.

    Args:
        bus: what its signals begin with.
        beats: what passes.
        core: the kernel that reads them; None behind a folded layer, whose result they are.
        design: of the kernel.
    """

    bus: str
    beats: Beats
    core: Core | None = None
    design: Design | None = None


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
    return _Writer(graph, plan, top, names, levels).write()


class _Writer:
    def __init__(self, graph: Graph, plan: StreamPlan, top: str, names: Names, levels: float) -> None:
        self._graph, self._plan, self._top, self._levels = graph, plan, top, levels
        self._modules, self._locals = names, Names("aclk", "aresetn", "rst", "i")
        self._files: dict[str, str] = {}
        self._body: list[str] = []
        self._parts: list[tuple[type[timing.StreamPart], tuple[object, ...]]] = []
        self._taps: list[Tap] = []
        self._bus = ""

    def write(self) -> Streamed:
        plan = self._plan
        source = _stream("s_axis", plan.source, self._graph.info(plan.source.value))
        sink = _stream("m_axis", plan.sink, self._graph.info(plan.sink.value))
        self._bus = self._locals.unique("pixels")
        self._body += [
            "  genvar i;",
            "  wire rst = ~aresetn;",
            "",
            *unpacked(source.values[0], f"{self._bus}_data", "unpack"),
        ]
        self._body += [f"  wire {self._bus}_valid = s_axis_tvalid & aresetn, {self._bus}_ready;"]
        self._body += [f"  assign s_axis_tready = {self._bus}_ready & aresetn;"]
        self._buffer("in", plan.source.bits)
        for segment in plan.segments:
            match segment:
                case WindowSegment():
                    self._window(segment)
                case KernelSegment():
                    self._kernel(segment)
                case SerializeSegment():
                    self._serialize(segment)
                case FoldSegment():
                    self._fold(segment)
        self._finish(sink)
        note = f"// {self._graph.name}, streamed: {source.beats} beats per sample, {sink.beats} per result."
        text = "\n".join(
            [
                note,
                f"{WAIVERS}module {self._top} (",
                port_list(source, sink),
                ");",
                *self._body,
                "endmodule",
                "",
            ]
        )
        self._files[f"{self._top}.v"] = text
        chains = [[kind(*arguments) for kind, arguments in self._parts] for _ in range(2)]  # pyright: ignore[reportCallIssue]
        latency, interval = timing.latency_and_interval(chains[0], chains[1], source.beats, sink.beats)
        return Streamed(self._files, source, sink, latency, interval, tuple(self._taps))

    # ------------------------------------------------------------ parts of the chain

    def _join(self, stem: str, bits: int) -> tuple[str, str]:
        """Declare the bus behind a part; returns the bus in front of it and the new one."""
        before, self._bus = self._bus, self._locals.unique(stem)
        self._body += [
            f"  wire [{bits - 1}:0] {self._bus}_data;",
            f"  wire {self._bus}_valid, {self._bus}_ready;",
        ]
        return before, self._bus

    def _instance(self, module: str, parameters: dict[str, object], stem: str, bits: int, *pins: str) -> None:
        before, after = self._join(stem, bits)
        overrides = ", ".join(f".{key}({value})" for key, value in parameters.items())
        ports = [f".s_{end}({before}_{end})" for end in ("data", "valid", "ready")]
        ports += [f".m_{end}({after}_{end})" for end in ("data", "valid", "ready")]
        self._body += [
            f"  {module} #({overrides}) u_{after} (",
            f"    .clk(aclk), .rst(rst), {', '.join(ports[:3])},",
            f"    {', '.join([*pins, *ports[3:]])});",
        ]

    def _buffer(self, name: str, bits: int) -> None:
        self._instance("edgeml_skid", {"WIDTH": bits}, f"{name}_held", bits)
        self._parts.append((timing.Skid, ()))

    def _window(self, at: WindowSegment) -> None:
        (rows, columns), (reach_y, reach_x) = at.size, at.reach
        (top, bottom), (left, right) = at.padding
        source = at.source
        codes = 0
        for position, code in enumerate(at.fill):
            codes |= (code & ((1 << source.width) - 1)) << (position * source.width)
        parameters: dict[str, object] = {
            "PIXEL": source.bits,
            "HEIGHT": rows,
            "WIDTH": columns,
            "REACH_Y": reach_y,
            "REACH_X": reach_x,
            "STRIDE_Y": at.strides[0],
            "STRIDE_X": at.strides[1],
            "PAD_TOP": top,
            "PAD_BOTTOM": bottom,
            "PAD_LEFT": left,
            "PAD_RIGHT": right,
            "COUNT_Y": _count_bits(top + rows + bottom),
            "COUNT_X": _count_bits(left + columns + right),
            "FILL": f"{source.bits}'h{codes:x}",
        }
        self._note(f"{at.node}: windows of {reach_y} x {reach_x} pixels")
        self._instance("edgeml_window", parameters, f"{at.node}_window", source.bits * reach_y * reach_x)
        self._parts.append((timing.Window, (at.size, at.reach, at.strides, at.padding)))

    def _kernel(self, at: KernelSegment) -> None:
        kernel = at.kernel
        design = elaborate(kernel.graph, kernel.bounds)
        times = schedule(design, self._levels)
        first = (
            next(layer.module for layer in design.layers if not layer.is_input)
            if len(design.layers) > 1
            else "wires"
        )
        core = write_core(
            design, times, self._top, self._modules, f"{self._top}_{first}_kernel", at.sink.width
        )
        self._files |= core.files
        self._taps.append(Tap(self._bus, kernel.start, core, design))
        (source,), (sink,) = core.inputs, core.outputs
        self._note(f"{kernel.value}: {core.latency} stages")
        before, after = self._join(f"{kernel.value}_now", at.sink.bits)
        if core.latency:
            self._body += [
                f"  wire {after}_ce;",
                f"  edgeml_pipe_control #(.STAGES({core.latency})) u_{after}_control (",
                f"    .clk(aclk), .rst(rst), .ce({after}_ce),",
                f"    .s_valid({before}_valid), .s_ready({before}_ready),",
                f"    .m_valid({after}_valid), .m_ready({after}_ready));",
            ]
            self._parts.append((timing.Pipe, (core.latency,)))
        else:
            self._body += [
                f"  wire {after}_ce = 1'b0;  // no registers",
                f"  assign {after}_valid = {before}_valid, {before}_ready = {after}_ready;",
            ]
            self._parts.append((timing.Wires, ()))
        self._body += [
            f"  {core.name} u_{after} (.clk(aclk), .ce({after}_ce), .{source.identifier}({before}_data), "
            f".{sink.identifier}({after}_data));"
        ]
        self._buffer(kernel.value, at.sink.bits)

    def _serialize(self, at: SerializeSegment) -> None:
        source, sink = at.source, at.sink
        self._note(f"{at.node}: {source.size} elements become beats of {sink.size}")
        if source.count > 1:
            address = max(1, min(source.count, _DEEPEST).bit_length())
            self._instance(
                "edgeml_fifo", {"WIDTH": source.bits, "ADDRESS": address}, f"{at.node}_queue", source.bits
            )
            self._parts.append((timing.Fifo, (1 << address,)))
        parts = source.size // sink.size
        parameters: dict[str, object] = {"PART": sink.bits, "PARTS": parts, "COUNT": _count_bits(parts)}
        self._instance("edgeml_serialize", parameters, f"{at.node}_parts", sink.bits)
        self._parts.append((timing.Serialize, (parts,)))

    def _fold(self, at: FoldSegment) -> None:
        source, sink = at.source, at.sink
        beats, lanes, outputs = at.weights.shape
        module = self._modules.unique(f"{self._top}_{at.node}_weights")
        self._files[f"{module}.v"] = "\n".join(_memory(module, at))
        count = _count_bits(beats)
        parameters: dict[str, object] = {
            "LANES": lanes,
            "ELEMENT": source.width,
            "SIGNED": int(source.signed),
            "OUTPUTS": outputs,
            "WEIGHT": at.weight_bits,
            "SUM": sink.width,
            "BEATS": beats,
            "COUNT": count,
        }
        self._note(f"{at.node}: {lanes * outputs} multipliers, {beats} clocks")
        stem = self._locals.unique(f"{at.node}_fold")
        self._body += [
            f"  wire [{count - 1}:0] {stem}_address;",
            f"  wire [{lanes * outputs * at.weight_bits - 1}:0] {stem}_weights;",
            f"  wire {stem}_ce;",
            f"  {module} u_{stem}_weights (",
            f"    .clk(aclk), .ce({stem}_ce), .address({stem}_address), .weights({stem}_weights));",
        ]
        pins = (f".address({stem}_address), .ce({stem}_ce), .weights({stem}_weights)",)
        self._instance("edgeml_fold", parameters, f"{at.node}_sums", sink.bits, *pins)
        self._taps.append(Tap(self._bus, sink))
        self._parts.append((timing.Fold, (beats,)))
        self._buffer(at.node, sink.bits)

    def _finish(self, sink: Stream) -> None:
        (lanes,), bus, now = sink.values, self._bus, self._plan.sink
        self._note("the result")
        self._body += [f"  assign m_axis_tvalid = {bus}_valid, {bus}_ready = m_axis_tready;"]
        if sink.beats == 1:
            self._body += ["  assign m_axis_tlast = 1'b1;  // every beat is a whole result"]
        else:
            bits = _count_bits(sink.beats)
            self._body += [
                f"  reg [{bits - 1}:0] beat;",
                f"  assign m_axis_tlast = beat == {bits}'d{sink.beats - 1};",
                "  always @(posedge aclk)",
                f"    if (rst) beat <= {bits}'d0;",
                "    else if (m_axis_tvalid & m_axis_tready)",
                f"      beat <= m_axis_tlast ? {bits}'d0 : beat + 1'b1;",
            ]
        self._body += [f"  wire [{lanes.elements * lanes.width - 1}:0] codes;"]
        for position in range(lanes.elements):
            part = f"{bus}_data[{(position + 1) * now.width - 1}:{position * now.width}]"
            top = f"{bus}_data[{(position + 1) * now.width - 1}]" if now.signed else "1'b0"
            more = lanes.width - now.width
            text = f"{{{{{more}{{{top}}}}}, {part}}}" if more > 0 else part
            if more < 0:
                text = f"{bus}_data[{position * now.width + lanes.width - 1}:{position * now.width}]"
            self._body.append(
                f"  assign codes[{(position + 1) * lanes.width - 1}:{position * lanes.width}] = {text};"
            )
        self._body += packed(lanes, "codes", "pack")

    def _note(self, text: str) -> None:
        self._body += ["", f"  // {text}"]


def _memory(module: str, at: FoldSegment) -> Iterator[str]:
    """A memory with a registered output, which synthesis maps to block RAM or LUTs."""
    beats, lanes, outputs = at.weights.shape
    bits, count = lanes * outputs * at.weight_bits, _count_bits(beats)
    yield f"// Weights of {at.node}, {at.weight_bits} bits each: a word per beat, by lane and output."
    yield f"module {module} ("
    yield "  input wire clk,\n  input wire ce,"
    yield f"  input wire [{count - 1}:0] address,\n  output reg [{bits - 1}:0] weights\n);"
    yield f"  reg [{bits - 1}:0] words [0:{beats - 1}];"
    yield "  always @(posedge clk) if (ce) weights <= words[address];"
    yield "  initial begin"
    for beat in range(beats):
        word = 0
        for position, weight in enumerate(np.asarray(at.weights[beat]).reshape(-1)):
            word |= (int(weight) & ((1 << at.weight_bits) - 1)) << (position * at.weight_bits)
        yield f"    words[{beat}] = {bits}'h{word:x};"
    yield "  end\nendmodule\n"


def _count_bits(values: int) -> int:
    """Bits of a counter from 0 to values - 1."""
    return max(1, (values - 1).bit_length())


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
