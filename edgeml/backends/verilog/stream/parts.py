"""The segments of a stream as Verilog: instances of the parts of hw/rtl and of kernels, bus behind bus."""

from __future__ import annotations

from dataclasses import dataclass

from edgeml.backends.verilog.design import Design, elaborate
from edgeml.backends.verilog.module import write_core
from edgeml.backends.verilog.names import Names
from edgeml.backends.verilog.ports import Core
from edgeml.backends.verilog.schedule import schedule
from edgeml.backends.verilog.stream import pairs
from edgeml.backends.verilog.stream.beats import Beats
from edgeml.backends.verilog.stream.memory import packed_word, rom
from edgeml.backends.verilog.stream.segments import (
    CollectSegment,
    FoldSegment,
    KernelSegment,
    ProductSegment,
    QueueSegment,
    ReduceSegment,
    SerializeSegment,
    WindowSegment,
)
from edgeml.backends.verilog.stream.wiring import queue_address

_PAIRED = (
    "",
    "; of two outputs that share a multiplier the upper one's is less one if the lower one's is negative",
)


@dataclass(frozen=True)
class Tap:
    """A bus of the top module, BUS_data, on which a beat passes when BUS_valid and BUS_ready are set.

    Args:
        bus: what its signals begin with.
        beats: what passes, from the lowest bit on; a kernel behind a join reads several streams at once.
        core: the kernel that reads them; None behind a folded layer, whose result they are.
        design: of the kernel.
    """

    bus: str
    beats: tuple[Beats, ...]
    core: Core | None = None
    design: Design | None = None


class SegmentWriter:
    """Writes segments one behind the other.

    Args:
        top: name of the top module.
        modules: identifiers of modules.
        levels: adder levels per stage.

    Attributes:
        locals: identifiers of the top module.
        files: of all modules that were written, by name.
        body: lines of the top module.
        taps: buses on which values pass.
        bus: what the signals of the last stream begin with.
    """

    def __init__(self, top: str, modules: Names, levels: float) -> None:
        self.top, self.modules, self.levels = top, modules, levels
        self.locals = Names("aclk", "aresetn", "rst", "i")
        self.files: dict[str, str] = {}
        self.body: list[str] = []
        self.taps: list[Tap] = []
        self.bus = ""

    def _join(self, stem: str, bits: int) -> tuple[str, str]:
        """Declare the bus behind a part; returns the bus in front of it and the new one."""
        before, self.bus = self.bus, self.locals.unique(stem)
        self.body += [
            f"  wire [{bits - 1}:0] {self.bus}_data;",
            f"  wire {self.bus}_valid, {self.bus}_ready;",
        ]
        return before, self.bus

    def _instance(self, module: str, parameters: dict[str, object], stem: str, bits: int, *pins: str) -> None:
        before, after = self._join(stem, bits)
        overrides = ", ".join(f".{key}({value})" for key, value in parameters.items())
        ports = [f".s_{end}({before}_{end})" for end in ("data", "valid", "ready")]
        ports += [f".m_{end}({after}_{end})" for end in ("data", "valid", "ready")]
        self.body += [
            f"  {module} #({overrides}) u_{after} (",
            f"    .clk(aclk), .rst(rst), {', '.join(ports[:3])},",
            f"    {', '.join([*pins, *ports[3:]])});",
        ]

    def buffer(self, name: str, bits: int) -> None:
        """edgeml_skid."""
        self._instance("edgeml_skid", {"WIDTH": bits}, f"{name}_held", bits)

    def window(self, at: WindowSegment) -> None:
        """edgeml_window."""
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
            "COUNT_Y": count_bits(top + rows + bottom),
            "COUNT_X": count_bits(left + columns + right),
            "FILL": f"{source.bits}'h{codes:x}",
        }
        self.note(f"{at.node}: windows of {reach_y} x {reach_x} pixels")
        self._instance("edgeml_window", parameters, f"{at.node}_window", source.bits * reach_y * reach_x)

    def kernel(self, at: KernelSegment) -> None:
        """A pipeline with its valid bits, and a buffer behind it."""
        kernel = at.kernel
        design = elaborate(kernel.graph, kernel.bounds)
        times = schedule(design, self.levels)
        first = next((layer.module for layer in design.layers if not layer.is_input), "wires")
        core = write_core(design, times, self.top, self.modules, f"{self.top}_{first}_kernel", at.sink.width)
        self.files |= core.files
        self.taps.append(Tap(self.bus, kernel.starts, core, design))
        (sink,) = core.outputs
        self.note(f"{kernel.value}: {core.latency} stages")
        before, after = self._join(f"{kernel.value}_now", at.sink.bits)
        if core.latency:
            self.body += [
                f"  wire {after}_ce;",
                f"  edgeml_pipe_control #(.STAGES({core.latency})) u_{after}_control (",
                f"    .clk(aclk), .rst(rst), .ce({after}_ce),",
                f"    .s_valid({before}_valid), .s_ready({before}_ready),",
                f"    .m_valid({after}_valid), .m_ready({after}_ready));",
            ]
        else:
            self.body += [
                f"  wire {after}_ce = 1'b0;  // no registers",
                f"  assign {after}_valid = {before}_valid, {before}_ready = {after}_ready;",
            ]
        pins, start = list[str](), 0
        for source, now in zip(core.inputs, kernel.starts, strict=True):
            part = f"[{start + now.bits - 1}:{start}]" if len(core.inputs) > 1 else ""
            pins.append(f".{source.identifier}({before}_data{part})")
            start += now.bits
        self.body += [
            f"  {core.name} u_{after} (.clk(aclk), .ce({after}_ce), {', '.join(pins)}, "
            f".{sink.identifier}({after}_data));"
        ]
        self.buffer(kernel.value, at.sink.bits)

    def serialize(self, at: SerializeSegment) -> None:
        """edgeml_serialize, behind a FIFO if several beats come per sample."""
        source, sink = at.source, at.sink
        self.note(f"{at.node}: {source.size} elements become beats of {sink.size}")
        if source.count > 1:
            address = queue_address(source.count)
            self._instance(
                "edgeml_fifo", {"WIDTH": source.bits, "ADDRESS": address}, f"{at.node}_queue", source.bits
            )
        parts = source.size // sink.size
        parameters: dict[str, object] = {"PART": sink.bits, "PARTS": parts, "COUNT": count_bits(parts)}
        self._instance("edgeml_serialize", parameters, f"{at.node}_parts", sink.bits)

    def fold(self, at: FoldSegment) -> None:
        """edgeml_fold, its weights, and a buffer behind it."""
        source, sink = at.source, at.sink
        beats, lanes, outputs = at.weights.shape
        module = self.modules.unique(f"{self.top}_{at.node}_weights")
        words, bits = pairs.stored(at)
        each = f"Weights of {at.node}, {bits} bits each"
        note = f"{each}: a word per beat, by lane and output{_PAIRED[at.paired]}."
        self.files[f"{module}.v"] = rom(module, note, words.reshape(beats, -1), bits)
        count = count_bits(beats)
        parameters: dict[str, object] = {
            "LANES": lanes,
            "ELEMENT": source.width,
            "SIGNED": int(source.signed),
            "OUTPUTS": outputs,
            "WEIGHT": bits,
            "SUM": sink.width,
            "BEATS": beats,
            "COUNT": count,
            **({"PAIRS": 1} if at.paired else {}),
        }
        self.note(f"{at.node}: {lanes * _multipliers(at)} multipliers, {beats} clocks")
        stem = self.locals.unique(f"{at.node}_fold")
        self.body += [
            f"  wire [{count - 1}:0] {stem}_address;",
            f"  wire [{lanes * outputs * bits - 1}:0] {stem}_weights;",
            f"  wire {stem}_ce;",
            f"  {module} u_{stem}_weights (",
            f"    .clk(aclk), .ce({stem}_ce), .address({stem}_address), .weights({stem}_weights));",
        ]
        pins = (f".address({stem}_address), .ce({stem}_ce), .weights({stem}_weights)",)
        self._instance("edgeml_fold", parameters, f"{at.node}_sums", sink.bits, *pins)
        self.taps.append(Tap(self.bus, (sink,)))
        self.buffer(at.node, sink.bits)

    def product(self, at: ProductSegment) -> None:
        """edgeml_product with its weights and biases."""
        source, sink = at.source, at.sink
        address = count_bits(at.beats * at.passes)
        module = self.modules.unique(f"{self.top}_{at.node}_weights")
        words, bits = pairs.stored(at)
        note = f"Weights of {at.node}, {bits} bits each: a word per clock{_PAIRED[at.paired]}."
        self.files[f"{module}.v"] = rom(module, note, words.reshape(at.beats * at.passes, -1), bits)
        parts = at.beats * at.passes if at.depthwise else at.beats
        count = count_bits(max(parts, at.beats, at.passes))
        parameters: dict[str, object] = {
            "LANES": at.lanes,
            "ELEMENT": source.width,
            "SIGNED": int(source.signed),
            "OUTPUTS": at.outputs,
            "WEIGHT": bits,
            "SUM": sink.width,
            "BEATS": at.beats,
            "PASSES": at.passes,
            "EACH": int(at.depthwise),
            "PARTS": parts,
            "PRODUCTS": at.multipliers,
            "COUNT": count,
            "ADDRESS": address,
            **({"PAIRS": 1} if at.paired else {}),
        }
        multipliers = at.multipliers if at.depthwise else at.lanes * _multipliers(at)
        self.note(f"{at.node}: {multipliers} multipliers, {at.beats * at.passes} clocks")
        stem = self.locals.unique(f"{at.node}_product")
        self.body += [
            f"  wire [{address - 1}:0] {stem}_address;",
            f"  wire [{count - 1}:0] {stem}_group;",
            f"  wire [{at.multipliers * bits - 1}:0] {stem}_weights;",
            f"  wire [{sink.bits - 1}:0] {stem}_bias;",
            f"  wire {stem}_ce;",
            f"  {module} u_{stem}_weights (",
            f"    .clk(aclk), .ce({stem}_ce), .address({stem}_address), .weights({stem}_weights));",
        ]
        self._bias(at, stem, count)
        signals = ("address", "group", "ce", "weights", "bias")
        pins = (", ".join(f".{signal}({stem}_{signal})" for signal in signals),)
        self._instance("edgeml_product", parameters, f"{at.node}_sums", sink.bits, *pins)
        self.taps.append(Tap(self.bus, (sink,)))

    def _bias(self, at: ProductSegment, stem: str, count: int) -> None:
        """The start of the sums: a word per pass, or a constant."""
        if at.passes == 1:
            self.body += [f"  assign {stem}_bias = {packed_word(at.bias[0], at.sink.width)};"]
            return
        module = self.modules.unique(f"{self.top}_{at.node}_bias")
        note = f"Bias of {at.node}, {at.sink.width} bits each: a word per pass."
        self.files[f"{module}.v"] = rom(module, note, at.bias, at.sink.width)
        bits = count_bits(at.passes)
        self.body += [
            f"  {module} u_{stem}_bias (",
            f"    .clk(aclk), .ce({stem}_ce), .address({stem}_group[{bits - 1}:0]), .weights({stem}_bias));",
        ]

    def collect(self, at: CollectSegment) -> None:
        """edgeml_collect."""
        parts = at.sink.size // at.source.size
        parameters: dict[str, object] = {"PART": at.source.bits, "PARTS": parts, "COUNT": count_bits(parts)}
        self.note(f"{at.node}: {parts} beats become one of {at.sink.size} elements")
        self._instance("edgeml_collect", parameters, f"{at.node}_whole", at.sink.bits)

    def reduce(self, at: ReduceSegment) -> None:
        """edgeml_reduce."""
        source = at.source
        parameters: dict[str, object] = {
            "LANES": source.size,
            "ELEMENT": source.width,
            "SIGNED": int(source.signed),
            "RESULT": at.sink.width,
            "MAXIMUM": int(at.is_maximum),
            "BEATS": source.count,
            "COUNT": count_bits(source.count),
        }
        self.note(f"{at.node}: the {'maximum' if at.is_maximum else 'sum'} of {source.count} pixels")
        self._instance("edgeml_reduce", parameters, f"{at.node}_reduced", at.sink.bits)
        self.taps.append(Tap(self.bus, (at.sink,)))

    def queue(self, at: QueueSegment, address: int) -> None:
        """edgeml_fifo in front of a join."""
        words = (1 << address) + 1
        self.note(f"{at.node}: up to {words} beats of {at.source.value} wait for the other path")
        parameters: dict[str, object] = {"WIDTH": at.source.bits, "ADDRESS": address}
        self._instance("edgeml_fifo", parameters, f"{at.source.value}_queue", at.source.bits)

    def note(self, text: str) -> None:
        """A comment, behind a blank line."""
        self.body += ["", f"  // {text}"]


def _multipliers(at: FoldSegment | ProductSegment) -> int:
    """Multipliers of a lane."""
    outputs = at.weights.shape[-1]
    return -(-outputs // 2) if at.paired else outputs


def count_bits(values: int) -> int:
    """Bits of a counter from 0 to values - 1."""
    return max(1, (values - 1).bit_length())
