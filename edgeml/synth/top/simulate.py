"""The whole board in Verilator before it is synthesized: a host on the serial line, at the level of bits.

Invariant: `simulate` returns only if the board answered as the protocol says, results of golden vectors
equal their integers, and the self-test failed where one bit of an expected result was changed.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.boards import Board
from edgeml.errors import EdgemlError
from edgeml.scratch import scratch_folder
from edgeml.synth.top.board_top import TOP, Top
from edgeml.synth.top.harness import EXPOSED, MAIN
from edgeml.synth.top.payload import encode
from edgeml.synth.top.protocol import UNASKED, Frame, FrameType, SelfTestResult
from edgeml.synth.top.rom import DATA
from edgeml.synth.top.scenario import Mark, Scenario, breakages, identify, self_test
from edgeml.synth.vectors import Vectors
from edgeml.tools import run, verilator

BENCH = "edgeml_bench"
QUICK = 8
"""Clocks per bit in a simulation, unless the real divider is asked for."""

RESET = 4
"""log2 of the clocks of a reset in a simulation."""
_RUNS = 8
_SECONDS = 3600.0
_BROKEN_BYTES = 8


@dataclass(frozen=True)
class Simulated:
    """The result of a simulation.

    Args:
        vectors: of the self-test, all passed.
        runs: golden vectors sent over the line, all equal.
        latency: clocks that the network took for the last vector, as the board reports them.
        clocks: simulated in all.
        seconds: wall time, building included.
    """

    vectors: int
    runs: int
    latency: int
    clocks: int
    seconds: float


def bench(board: Board, parameters: Mapping[str, int]) -> str:
    """A module around the board's top in which all boards look alike.

    Args:
        board: its pins.
        parameters: of the top, CLOCKS, TIMEOUT, RESET.
    """
    pins = board.pins
    assert pins is not None and pins.uart_rx is not None and pins.uart_tx is not None
    leds = len(pins.leds.pins) if pins.leds is not None else 0
    low = "~" if pins.leds is not None and pins.leds.active_low else ""
    ports = [".clk(clk)", ".uart_rx(in_line)", ".uart_tx(out_line)"]
    if pins.reset is not None:
        ports.append(f".button({'~' if pins.reset.active_low else ''}pressed)")
    ports += [f".led{i}(led[{i}])" for i in range(leds)]
    ports += [f".high{i}(stays[{i}])" for i in range(len(pins.high))]
    levels = ["1'b1", *(f"{'~' if pin.active_low else ''}stays[{i}]" for i, pin in enumerate(pins.high))]
    return "\n".join(
        [
            f"module {BENCH} (",
            "  input wire clk, input wire pressed, input wire uart_rx,",
            "  output wire uart_tx, output wire [31:0] lamps, output wire high",
            ");",
            f"  wire [{max(leds, 1) - 1}:0] led;",
            f"  wire [{max(len(pins.high), 1) - 1}:0] stays;",
            f"  wire in_line = {'~' if pins.uart_rx.active_low else ''}uart_rx, out_line;",
            f"  assign uart_tx = {'~' if pins.uart_tx.active_low else ''}out_line;",
            f"  assign lamps = {f'{{{32 - leds}' + chr(39) + f'd0, {low}led}}' if leds else '0'};",
            f"  assign high = {' & '.join(levels)};",
            f"  {TOP} #({', '.join(f'.{name}({value})' for name, value in parameters.items())}) u_board (",
            f"    {', '.join(ports)});",
            "endmodule",
            "",
        ]
    )


def program(
    folder: Path,
    manifest: VerilogManifest,
    board: Board,
    top: Top,
    parameters: Mapping[str, int],
    main: str = MAIN,
) -> Path:
    """The compiled simulation of the files in a folder.

    Args:
        folder: the network's Verilog and the top's.
        manifest: of the network.
        board: its pins.
        top: as it was emitted.
        parameters: of the top module, see `bench`.
        main: C++ around `harness.HOST`.

    Raises:
        MissingToolError: Verilator or g++ is missing.
        EdgemlError: a file is missing or does not compile; names the log.
    """
    sources = [folder / name for name in top.sources(manifest)]
    for path in (*sources, folder / DATA):
        if not path.is_file():
            raise EdgemlError("a file of the board is missing", str(path), "export and synthesize again")
    with scratch_folder() as name:
        extra = [Path(name) / f"{BENCH}.v", Path(name) / "edgeml_exposed.vlt"]
        extra[0].write_text(bench(board, parameters))
        extra[1].write_text(EXPOSED)
        return verilator.simulation([extra[1], *sources, extra[0]], BENCH, main)


def play(simulation: Path, folder: Path, script: Sequence[str], clocks_per_bit: float) -> dict[str, Mark]:
    """Run a script, see `harness`; returns the board's outputs by mark.

    Args:
        simulation: from `program`.
        folder: with the words of the memory.
        script: commands.
        clocks_per_bit: of the host.

    Raises:
        EdgemlError: the board broke the protocol or did not answer.
    """
    with scratch_folder() as name:
        (Path(name) / "script").write_text("\n".join([*script, ""]))
        shutil.copyfile(folder / DATA, Path(name) / DATA)
        log = simulation.parent / f"run-{os.getpid()}.log"
        done = run([simulation, "script", str(clocks_per_bit)], Path(name), log, _SECONDS)
    rows = [line.split() for line in done.output.splitlines()]
    log.unlink(missing_ok=True)
    return {
        name: Mark(bytes.fromhex(data[1:]), int(lamps, 16), int(clock)) for name, data, lamps, clock in rows
    }


def simulate(
    folder: Path,
    manifest: VerilogManifest,
    board: Board,
    top: Top,
    golden: Vectors,
    *,
    runs: int = _RUNS,
    clocks: int = QUICK,
) -> Simulated:
    """Simulate the files in a folder as a whole: power-on, every request, broken frames, wrong memory.

    Args:
        folder: the network's Verilog and the top's.
        manifest: of the network.
        board: its pins.
        top: as it was emitted.
        golden: the golden vectors.
        runs: samples that are sent over the line.
        clocks: per bit; `top.serial.clocks` for the real divider.

    Raises:
        MissingToolError: Verilator or g++ is missing.
        EdgemlError: the board answers something else than expected; names both.
    """
    start = time.monotonic()
    silence = silence_bits(manifest, top, clocks)
    parameters = {"CLOCKS": clocks, "TIMEOUT": silence, "RESET": RESET}
    simulation = program(folder, manifest, board, top, parameters)
    scenario = whole_board(manifest, board, top, golden, runs, clocks)
    _break_memory(scenario, top)
    marks = play(simulation, folder, scenario.script, clocks)
    latency = scenario.latency(marks)
    if manifest.mode == "parallel" and latency != manifest.latency:
        raise EdgemlError(
            f"the board counts {latency} clocks, edgeml.json promises {manifest.latency}",
            "simulation of the board",
        )
    last = max(at.clock for at in marks.values())
    return Simulated(top.vectors, scenario.runs, latency, last, time.monotonic() - start)


def silence_bits(manifest: VerilogManifest, top: Top, clocks: int) -> int:
    """TIMEOUT of a simulation: long enough for the network and for a pause between bytes, and no longer."""
    vector = top.identity.input_bytes + top.identity.output_bytes
    return (4 * (manifest.latency + vector + 10 * clocks)).bit_length()


def whole_board(
    manifest: VerilogManifest,
    board: Board,
    top: Top,
    golden: Vectors,
    runs: int,
    clocks: int,
) -> Scenario:
    """Power-on, every request, every broken frame, a reset; arguments as for `simulate`."""
    sent = golden.first(runs)
    input_words = encode(manifest.input, sent.inputs)
    output_words = encode(manifest.output, sent.expected)
    count = len(input_words)
    identity, pins = top.identity, board.pins
    vector = identity.input_bytes + identity.output_bytes
    busy = identity.vectors * 2 * (manifest.latency + manifest.interval + vector)
    silence = 1 << silence_bits(manifest, top, clocks)
    longest = max(identity.input_bytes, identity.output_bytes, len(identity.encode())) + 8
    lamps = len(pins.leds.pins) if pins is not None and pins.leds is not None else 0
    scenario = Scenario(2 * (busy + longest * 10 * clocks + silence), lamps, count)
    report = Frame(FrameType.REPORT, UNASKED, SelfTestResult(identity.vectors, 0, None, 0, False).encode())
    scenario.expect("power-on self-test", report)
    identify(scenario, identity)
    frames = [
        (
            Frame(FrameType.RUN, i, input_words[i].tobytes()),
            Frame(FrameType.RESULT, i, output_words[i].tobytes()),
        )
        for i in range(count)
    ]
    for i, (request, answer) in enumerate(frames):
        scenario.ask(f"golden vector {i}", request, answer)
    breakages(scenario, *frames[0], clocks, silence + 20 * clocks)
    if pins is not None and pins.reset is not None:
        scenario.send(frames[-1][0].encode()[:7])
        scenario.do(f"button {20 * clocks}")
        scenario.expect("self-test after a reset in a frame", report)
    self_test(scenario, identity.vectors)
    scenario.ask("a sample after a self-test", *frames[-1])
    return scenario


def _break_memory(scenario: Scenario, top: Top) -> None:
    """One wrong bit in an expected result, in every byte of the first and in the last byte of all."""
    identity = top.identity
    result, vector = identity.output_bytes, identity.input_bytes + identity.output_bytes
    start = len(identity.encode())
    places = [(0, byte) for byte in range(min(result, _BROKEN_BYTES))] + [(identity.vectors - 1, result - 1)]
    for index, byte in places:
        flip = f"flip {start + index * vector + identity.input_bytes + byte} {1 << byte % 8}"
        scenario.do(flip)
        self_test(scenario, identity.vectors, [index])
        scenario.do(flip)
    self_test(scenario, identity.vectors)
