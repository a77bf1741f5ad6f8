"""The top module: AXI4-Stream in and out around a core that takes a whole sample per beat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edgeml.backends.verilog.manifest import Lanes, Stream, lane_bits
from edgeml.backends.verilog.ports import WAIVERS, BusPort, Core

PRIMITIVES = ("edgeml_delay", "edgeml_pipe_control", "edgeml_skid")
"""Files of hw/rtl that it needs."""

PORTS = """\
  input  wire {gap}aclk,
  input  wire {gap}aresetn,        // synchronous, active low
  input  wire {ins} s_axis_tdata,
  input  wire {gap}s_axis_tvalid,
  output wire {gap}s_axis_tready,
  output wire {outs} m_axis_tdata,
  output wire {gap}m_axis_tvalid,
  input  wire {gap}m_axis_tready,
  output wire {gap}m_axis_tlast"""


def stream(name: str, ports: Sequence[BusPort], beats: int = 1) -> Stream:
    """Lanes for values that share a beat."""
    offset, values = 0, list[Lanes]()
    for port in ports:
        lane = lane_bits(port.width)
        frac = port.frac[0] if len(set(port.frac)) == 1 else port.frac
        elements = port.size // beats
        values.append(
            Lanes(
                value=port.value,
                shape=port.shape,
                signed=port.signed,
                width=port.width,
                frac=frac,
                lane=lane,
                offset=offset,
                elements=elements,
            )
        )
        offset += lane * elements
    return Stream(port=name, bits=offset, beats=beats, values=tuple(values))


def latency(core: Core) -> int:
    """Input register, the core's own stages, output register, and the edge that takes the result."""
    return core.latency + 2


def port_list(source: Stream, sink: Stream) -> str:
    """The ports of a top module."""
    ranges = [f"[{s.bits - 1}:0]" for s in (source, sink)]
    size = max(map(len, ranges))
    return PORTS.format(gap=" " * (size + 1), ins=ranges[0].rjust(size), outs=ranges[1].rjust(size))


def unpacked(lanes: Lanes, bus: str, loop: str) -> list[str]:
    """Lines that take the codes of one value out of s_axis_tdata."""
    return [
        f"  // {lanes.value}: {lanes.elements} codes of {lanes.width} bits in lanes of {lanes.lane}",
        f"  wire [{lanes.elements * lanes.width - 1}:0] {bus};",
        f"  generate for (i = 0; i < {lanes.elements}; i = i + 1) begin : {loop}",
        f"    assign {bus}[i*{lanes.width} +: {lanes.width}] =",
        f"      s_axis_tdata[{lanes.offset} + i*{lanes.lane} +: {lanes.width}];",
        "  end endgenerate",
    ]


def packed(lanes: Lanes, bus: str, loop: str) -> list[str]:
    """Lines that put the codes of one value into m_axis_tdata."""
    more = lanes.lane - lanes.width
    code = f"{bus}[i*{lanes.width} +: {lanes.width}]"
    sign = f"{bus}[i*{lanes.width} + {lanes.width - 1}]" if lanes.signed else "1'b0"
    value = f"{{{{{more}{{{sign}}}}}, {code}}}" if more else code
    return [
        f"  // {lanes.value}: {lanes.elements} codes of {lanes.width} bits in lanes of {lanes.lane}",
        f"  generate for (i = 0; i < {lanes.elements}; i = i + 1) begin : {loop}",
        f"    assign m_axis_tdata[{lanes.offset} + i*{lanes.lane} +: {lanes.lane}] = {value};",
        "  end endgenerate",
    ]


def _registered(port: BusPort, read: Sequence[int]) -> list[str]:
    """Lines that hold an input's elements for a clock; those that the core never reads are zero."""
    now, late = f"now_{port.identifier}", f"in_{port.identifier}"
    if len(read) == port.size:
        return [
            f"  reg [{port.bits - 1}:0] {now};",
            f"  always @(posedge aclk) if (ce) {now} <= {late};",
        ]
    lines = [f"  // No output depends on {port.size - len(read)} of the {port.size}: these have no register."]
    register_parts, bus_parts, end, width = list[str](), list[str](), 0, 0
    for first, last in _stretches(read):
        bits = (last - first + 1) * port.width
        if first > end:
            bus_parts.append(f"{(first - end) * port.width}'d0")
        register_parts.append(f"{late}[{first * port.width} +: {bits}]")
        bus_parts.append(f"held_{port.identifier}[{width} +: {bits}]")
        end, width = last + 1, width + bits
    if end < port.size:
        bus_parts.append(f"{(port.size - end) * port.width}'d0")
    if register_parts:
        lines += [
            f"  reg [{width - 1}:0] held_{port.identifier};",
            f"  always @(posedge aclk) if (ce) held_{port.identifier} <= {{",
            "    " + ",\n    ".join(reversed(register_parts)) + "};",
        ]
    return [
        *lines,
        f"  wire [{port.bits - 1}:0] {now} = {{",
        "    " + ",\n    ".join(reversed(bus_parts)) + "};",
    ]


def _stretches(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Runs of neighbouring numbers: first and last one.

    >>> _stretches([0, 1, 2, 5, 7, 8])
    [(0, 2), (5, 5), (7, 8)]
    """
    ends: list[tuple[int, int]] = []
    for number in numbers:
        first = ends.pop()[0] if ends and ends[-1][1] == number - 1 else number
        ends.append((first, number))
    return ends


def parallel_top(
    name: str, model: str, core: Core, source: Stream, sink: Stream, read: Mapping[str, Sequence[int]]
) -> str:
    """The top module around one core.

    Args:
        name: of the module.
        model: what the first line calls it.
        core: what it surrounds.
        source: the stream of the inputs.
        sink: the stream of the outputs.
        read: by an input's identifier the elements that the core reads, rising.
    """
    widths = [port.bits for port in core.outputs]
    total = sum(widths)
    lines = [
        f"// {model}: a sample per beat, a result {latency(core)} clocks later, a new sample every clock.",
        "// Packing of the beats: see edgeml.json.",
        f"{WAIVERS}module {name} (",
        port_list(source, sink),
        ");",
        "  genvar i;",
        "  wire rst = ~aresetn;",
        "  wire ce, ready, valid, skid_ready;",
    ]
    for lanes, port in zip(source.values, core.inputs, strict=True):
        lines += ["", *unpacked(lanes, f"in_{port.identifier}", f"unpack_{port.identifier}")]
        lines += _registered(port, read[port.identifier])
    lines += ["", "  assign s_axis_tready = ready & aresetn;"]
    lines += [
        f"  edgeml_pipe_control #(.STAGES({core.latency + 1})) u_control (",
        "    .clk(aclk), .rst(rst), .s_valid(s_axis_tvalid), .s_ready(ready),",
        "    .ce(ce), .m_valid(valid), .m_ready(skid_ready));",
        "",
    ]
    lines += [f"  wire [{port.bits - 1}:0] {port.identifier};" for port in core.outputs]
    pins = [".clk(aclk)", ".ce(ce)", *(f".{p.identifier}(now_{p.identifier})" for p in core.inputs)]
    pins += [f".{p.identifier}({p.identifier})" for p in core.outputs]
    lines += [f"  {core.name} u_core (", "    " + ",\n    ".join(pins) + ");", ""]
    bus = ", ".join(port.identifier for port in reversed(core.outputs))
    lines += [
        f"  wire [{total - 1}:0] result;",
        f"  edgeml_skid #(.WIDTH({total})) u_skid (",
        f"    .clk(aclk), .rst(rst), .s_data({{{bus}}}), .s_valid(valid), .s_ready(skid_ready),",
        "    .m_data(result), .m_valid(m_axis_tvalid), .m_ready(m_axis_tready));",
        "  assign m_axis_tlast = 1'b1;  // every beat is a whole result",
    ]
    start = 0
    for lanes, port in zip(sink.values, core.outputs, strict=True):
        part = f"result_{port.identifier}"
        lines += ["", f"  wire [{port.bits - 1}:0] {part} = result[{start + port.bits - 1}:{start}];"]
        lines += packed(lanes, part, f"pack_{port.identifier}")
        start += port.bits
    return "\n".join([*lines, "endmodule", ""])
