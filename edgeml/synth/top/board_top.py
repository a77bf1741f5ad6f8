"""`edgeml_board.v`: the network between a serial line, a self-test and lamps, for one board.

The board's oscillator is the clock, with no PLL between: the open boards run at 12 to 48 MHz, which the
Verilog is pipelined for. Parts are those of hw/rtl; what is generated here is their parameters and wires.

Invariant: every number in the text is the manifest's or the board's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.boards import Board, Pin, Pins
from edgeml.errors import EdgemlError
from edgeml.families import PortPin
from edgeml.files import FileSet
from edgeml.quoting import comment, identifier
from edgeml.share import share_dir
from edgeml.synth.top import constraints, rom
from edgeml.synth.top.payload import encode, sample_bytes
from edgeml.synth.top.protocol import Identity
from edgeml.synth.top.serial import BAUD, Serial, serial
from edgeml.synth.vectors import Vectors

TOP = "edgeml_board"
"""The top module."""
ROM = "edgeml_board_rom"

_PARTS = (
    "edgeml_collect",
    "edgeml_pick",
    "edgeml_reset",
    "edgeml_uart_link",
    "edgeml_uart_rx",
    "edgeml_uart_tx",
)
_MOST_BYTES = 0xFFFF
_FEWEST_COUNTED = 16  # edgeml_uart_link wants a counter that has at least these values
_RESET = 16
_LAMPS = ("failed", "passed", "beating")

_UNSEEN = """\
  // verilator lint_off UNUSEDSIGNAL
  wire unseen = {};
  // verilator lint_on UNUSEDSIGNAL"""


@dataclass(frozen=True)
class Top:
    """An emitted top module.

    Args:
        files: Verilog of the top, parts of hw/rtl, the words of the memory, the constraint file.
        verilog: names of the Verilog files among them; the network's own come on top.
        constraints: name of the constraint file.
        identity: the identity that the board sends.
        vectors: in the self-test, the first ones of those given.
        serial: clock and baud rate.
        notes: what a reader must know, a sentence each.
    """

    files: FileSet
    verilog: tuple[str, ...]
    constraints: str
    identity: Identity
    vectors: int
    serial: Serial
    notes: tuple[str, ...]

    def sources(self, manifest: VerilogManifest) -> list[str]:
        """All Verilog files, the network's first; both lie in one folder."""
        return list(dict.fromkeys((*manifest.files, *self.verilog)))


@dataclass(frozen=True)
class _Sizes:
    """Sizes in bytes, and the widths of their counters in bits."""

    sample: int
    result: int
    identity: int
    vectors: int

    @property
    def count(self) -> int:
        return _bits(max(self.sample, self.result, self.identity, _FEWEST_COUNTED))

    @property
    def address(self) -> int:
        return _bits(self.identity + self.vectors * (self.sample + self.result))


def emit(
    manifest: VerilogManifest,
    board: Board,
    golden: Vectors,
    *,
    baud: int = BAUD,
    vectors: int | None = None,
    vendors: bool = False,
) -> Top:
    """The files that make a board of a network's Verilog.

    Args:
        manifest: of the Verilog.
        board: the board; its flow is one of `constraints.flows()`.
        golden: the golden vectors, for the self-test.
        baud: of the serial line.
        vectors: in the self-test; by default what fits in a quarter of the block RAM, 64 at most.
        vendors: for a vendor's project, so that `constraints.vendors()` will do as well.

    Raises:
        EdgemlError: the board has no serial line or clock for this, or the network's samples are too
            large; says what would do.
    """
    pins = _pins(board, vendors)
    line = serial(board, baud, manifest.clock_mhz)
    sizes, identity = _measure(manifest, board, golden, line, vectors)
    names = [*_PARTS, *(["edgeml_fifo"] if manifest.output.beats > 1 else [])]
    folder = share_dir("hw") / "rtl"
    files = {f"{name}.v": (folder / f"{name}.v").read_bytes() for name in names}
    notes = _notes(line, sizes)
    files[f"{TOP}.v"] = "\n".join(_module(manifest, board, pins, line, sizes, notes)).encode()
    tested = golden.first(sizes.vectors)
    words = encode(manifest.input, tested.inputs), encode(manifest.output, tested.expected)
    memory = rom.write(ROM, identity.encode(), *words, sizes.address)
    files[f"{ROM}.v"] = memory.verilog.encode()
    verilog = tuple(sorted(files))
    files[rom.DATA] = memory.data.encode()
    written = constraints.write(board.flow, f"{board.title}: ports of {TOP}", _places(pins, line))
    files[written.name] = written.text.encode()
    return Top(FileSet(files), verilog, written.name, identity, sizes.vectors, line, notes)


def _pins(board: Board, vendors: bool) -> Pins:
    if board.flow not in constraints.flows() | (constraints.vendors() if vendors else frozenset()):
        raise EdgemlError(
            f"goes through {board.flow.value}, the serial top is for the open flows",
            board.name,
            "edgeml list boards shows the flows; ulx3s-85f and icebreaker have an open one",
        )
    if board.pins is None or board.pins.uart_rx is None or board.pins.uart_tx is None:
        raise EdgemlError(
            "its description has no pins for a serial line",
            board.name,
            "copy the board's file, add uart_tx and uart_rx to [pins] for an adapter, and name that file",
        )
    return board.pins


def _measure(
    manifest: VerilogManifest,
    board: Board,
    golden: Vectors,
    line: Serial,
    vectors: int | None,
) -> tuple[_Sizes, Identity]:
    sample, result = sample_bytes(manifest.input), sample_bytes(manifest.output)
    if max(sample, result) > _MOST_BYTES:
        raise EdgemlError(
            f"a sample has {sample} bytes and its result {result}, a frame takes {_MOST_BYTES}",
            manifest.model,
            "export a smaller model",
        )
    if manifest.latency >> (line.silence - 1):
        raise EdgemlError(
            f"a result takes {manifest.latency} clocks, the board waits for {1 << line.silence}",
            manifest.model,
            "choose smaller reuse factors",
        )
    lengths = {len(codes) for codes in (*golden.inputs.values(), *golden.expected.values())}
    if len(lengths) != 1:
        raise EdgemlError("inputs and expected integers of different lengths", manifest.model)
    identity = Identity(
        manifest.graph,
        sample,
        result,
        0,
        line.hz,
        manifest.latency,
        manifest.interval,
        manifest.model,
        board.name,
    )
    size = len(identity.encode())
    count = rom.chosen(board, size, sample + result, lengths.pop(), vectors)
    return _Sizes(sample, result, size, count), replace(identity, vectors=count)


def _notes(line: Serial, sizes: _Sizes) -> tuple[str, ...]:
    clock = line.clock
    return (
        f"The clock is {clock.name}, {clock.mhz:g} MHz on pin {clock.pin}, used as it is.",
        f"{line.baud} baud, 8 data bits, no parity, one stop bit: a bit lasts {line.clocks} clocks "
        f"({line.real_baud:.0f} baud, {line.real_baud / line.baud - 1:+.2%}).",
        f"The self-test runs {sizes.vectors} golden vectors, {sizes.sample} bytes in and {sizes.result} out.",
    )


def _places(pins: Pins, line: Serial) -> list[PortPin]:
    clock = line.clock
    assert pins.uart_rx is not None and pins.uart_tx is not None and clock.pin is not None
    places = [PortPin("clk", clock.pin, clock.io or "", None, clock.mhz)]
    if pins.reset is not None:
        places.append(_place("button", pins.reset))
    places += [_place("uart_rx", pins.uart_rx), _place("uart_tx", pins.uart_tx)]
    if pins.leds is not None:
        places += [PortPin(f"led{i}", pin, pins.leds.io) for i, pin in enumerate(pins.leds.pins)]
    return [*places, *(_place(f"high{i}", pin) for i, pin in enumerate(pins.high))]


def _place(port: str, pin: Pin) -> PortPin:
    return PortPin(port, pin.pin, pin.io, pin.pull)


def _module(
    manifest: VerilogManifest, board: Board, pins: Pins, line: Serial, sizes: _Sizes, notes: Sequence[str]
) -> Iterator[str]:
    lamps = len(pins.leds.pins) if pins.leds is not None else 0
    what = comment(f"{manifest.model} on the board {board.title}")
    yield f"// {what}: frames on a serial line, a self-test, lamps."
    yield from (f"// {comment(note)}" for note in notes)
    yield from _lamp_words(pins)
    yield f"module {TOP} #("
    yield f"  parameter CLOCKS = {line.clocks},  // of a bit on the serial line; simulations take fewer"
    seconds = (1 << line.silence) / line.hz
    yield f"  parameter TIMEOUT = {line.silence},  // 2^TIMEOUT clocks ({seconds:.2f} s) end a frame"
    if lamps not in (0, 2):
        yield f"  parameter BEAT = {line.hz.bit_length() - 1},  // bits of the counter that lamps blink with"
    yield f"  parameter RESET = {_RESET}  // 2^RESET clocks ({1e3 * (1 << _RESET) / line.hz:.1f} ms) of reset"
    yield ") ("
    outputs = ["uart_tx", *(f"led{i}" for i in range(lamps)), *(f"high{i}" for i in range(len(pins.high)))]
    ports = [f"input  wire {name}" for name in ("clk", *(["button"] if pins.reset else []), "uart_rx")]
    ports += [f"output wire {name}" for name in outputs]
    yield ",\n".join(f"  {port}" for port in ports)
    yield ");"
    pressed = "1'b0" if pins.reset is None else "~button" if pins.reset.active_low else "button"
    source, sink = manifest.input, manifest.output
    timer = max(3, _bits(line.clocks))
    yield f"""\
  wire rst;
  edgeml_reset #(.COUNT(RESET)) u_reset (.clk(clk), .button({pressed}), .rst(rst));

  // ---- serial line

  wire [7:0] rx_data, tx_data;
  wire rx_bad, rx_valid, rx_ready, tx_valid, tx_ready;
  edgeml_uart_rx #(.CLOCKS(CLOCKS), .COUNT({timer})) u_rx (
    .clk(clk), .rst(rst), .line({_level("uart_rx", pins.uart_rx)}),
    .m_data(rx_data), .m_bad(rx_bad), .m_valid(rx_valid), .m_ready(rx_ready));
  wire tx_line;
  edgeml_uart_tx #(.CLOCKS(CLOCKS), .COUNT({timer})) u_tx (
    .clk(clk), .rst(rst), .line(tx_line), .s_data(tx_data), .s_valid(tx_valid), .s_ready(tx_ready));
  assign uart_tx = {_level("tx_line", pins.uart_tx)};

  // ---- frames and self-test

  wire [{sizes.address - 1}:0] rom_address;
  wire [7:0] rom_data, sample_byte, result_byte;
  wire core_rst, sample_valid, sample_ready, result_valid, result_ready, first, whole, busy, passed, failed;
  {ROM} u_rom (.clk(clk), .address(rom_address), .data(rom_data));
  edgeml_uart_link #(
    .INPUT({sizes.sample}), .OUTPUT({sizes.result}), .IDENTITY({sizes.identity}), .VECTORS({sizes.vectors}),
    .INDEX({_bits(sizes.vectors + 1)}), .COUNT({sizes.count}), .ADDRESS({sizes.address}), .TIMEOUT(TIMEOUT)
  ) u_link (
    .clk(clk), .rst(rst),
    .rx_data(rx_data), .rx_bad(rx_bad), .rx_valid(rx_valid), .rx_ready(rx_ready),
    .tx_data(tx_data), .tx_valid(tx_valid), .tx_ready(tx_ready),
    .rom_address(rom_address), .rom_data(rom_data), .core_rst(core_rst),
    .s_data(sample_byte), .s_valid(sample_valid), .s_ready(sample_ready),
    .m_data(result_byte), .m_valid(result_valid), .m_ready(result_ready),
    .first(first), .whole(whole), .busy(busy), .passed(passed), .failed(failed));

  // ---- the network: {sizes.sample} bytes in, in beats of {source.bits // 8}; {sizes.result} out

  wire [{source.bits - 1}:0] beat_in;
  wire [{sink.bits - 1}:0] beat_out;
  wire in_valid, in_ready, out_valid, out_ready, out_last;
  edgeml_collect #(.PART(8), .PARTS({source.bits // 8}), .COUNT({_bits(source.bits // 8)})) u_collect (
    .clk(clk), .rst(core_rst), .s_data(sample_byte), .s_valid(sample_valid), .s_ready(sample_ready),
    .m_data(beat_in), .m_valid(in_valid), .m_ready(in_ready));
  {identifier(manifest.top)} u_network (
    .aclk(clk), .aresetn(~core_rst),
    .s_axis_tdata(beat_in), .s_axis_tvalid(in_valid), .s_axis_tready(in_ready),
    .m_axis_tdata(beat_out), .m_axis_tvalid(out_valid), .m_axis_tready(out_ready), .m_axis_tlast(out_last));
  assign first = in_valid & in_ready;
  assign whole = out_valid & out_last;"""
    yield from _result_path(sink.beats, sink.bits // 8, sizes.result)
    yield from _lamp_logic(pins)
    yield from (f"  assign high{i} = 1'b{int(not pin.active_low)};" for i, pin in enumerate(pins.high))
    yield "endmodule\n"


def _result_path(beats: int, part_bytes: int, result: int) -> Iterator[str]:
    pick = f"edgeml_pick #(.PART(8), .PARTS({part_bytes}), .COUNT({_bits(part_bytes)})) u_pick ("
    if beats == 1:
        yield f"""\
  {pick}
    .clk(clk), .rst(core_rst), .s_data(beat_out), .s_valid(out_valid), .s_ready(out_ready),
    .m_data(result_byte), .m_valid(result_valid), .m_ready(result_ready));"""
        return
    yield f"""\
  // A result of several beats comes out while the sample still goes in: all of it has room here.
  wire [7:0] picked;
  wire picked_valid, picked_ready;
  {pick}
    .clk(clk), .rst(core_rst), .s_data(beat_out), .s_valid(out_valid), .s_ready(out_ready),
    .m_data(picked), .m_valid(picked_valid), .m_ready(picked_ready));
  edgeml_fifo #(.WIDTH(8), .ADDRESS({_bits(result)})) u_results (
    .clk(clk), .rst(core_rst), .s_data(picked), .s_valid(picked_valid), .s_ready(picked_ready),
    .m_data(result_byte), .m_valid(result_valid), .m_ready(result_ready));"""


def _lamp_words(pins: Pins) -> Iterator[str]:
    if pins.leds is None:
        yield "// The board has no lamps."
    elif len(pins.leds.pins) == 1:
        yield "// led0: on while a frame or the self-test is in work; slow blinking: passed, fast: failed."
    else:
        more = ", led2: blinks, or is on while a frame is in work" if len(pins.leds.pins) > 2 else ""
        yield f"// led0: the self-test failed, led1: it passed{more}."


def _lamp_logic(pins: Pins) -> Iterator[str]:
    if pins.leds is None:
        yield _UNSEEN.format("busy | passed | failed")
        return
    count, invert = len(pins.leds.pins), "~" if pins.leds.active_low else ""
    off = "1'b1" if pins.leds.active_low else "1'b0"
    yield "\n  // ---- lamps\n"
    if count != 2:
        yield "  reg [BEAT-1:0] beat;"
        yield "  always @(posedge clk) beat <= rst ? {BEAT{1'b0}} : beat + 1'b1;"
    else:
        yield _UNSEEN.format("busy")
    if count == 1:
        yield "  wire lamp = busy | (failed ? beat[BEAT-4] : passed & beat[BEAT-1]);"
        yield f"  assign led0 = {invert}lamp;"
        return
    if count > 2:
        yield "  wire beating = busy | beat[BEAT-1];"
    for i in range(count):
        yield f"  assign led{i} = {f'{invert}{_LAMPS[i]}' if i < len(_LAMPS) else off};"


def _level(signal: str, pin: Pin | None) -> str:
    return f"~{signal}" if pin is not None and pin.active_low else signal


def _bits(values: int) -> int:
    """Bits of a number from 0 to values - 1.

    >>> [_bits(n) for n in (1, 2, 5, 8)]
    [1, 1, 3, 3]
    """
    return max(1, (values - 1).bit_length())
