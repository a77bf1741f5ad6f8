"""Every board of hw/boards: loads, is complete, cites its figures, and is what hls4ml calls it."""

from __future__ import annotations

import json
import re
from importlib import resources

import pytest

from edgeml import boards
from edgeml.boards import Flow
from edgeml.share import share_dir

NAMES = boards.names()
FOLDER = share_dir("hw") / "boards"

# The part number says which flow takes it.
PARTS = {
    Flow.VIVADO: r"xc[a-z0-9]+-?[a-z]{3,4}\d{3,4}-\d(L|LV)?(-[eic])?",
    Flow.VITIS: r"xcu\d+c?-[a-z]{4}\d{4}-2L?-e",
    Flow.QUARTUS: r"5C[A-Z0-9]+|10A[XST][A-Z0-9]+|AG[FI]B[A-Z0-9]+",
    Flow.RADIANT: r"L(FCPNX|IFCL|FD2NX)-\d+-\d[A-Z]+\d+[CI]",
    Flow.YOSYS_ECP5: r"LFE5UM?5?G?-\d+F-[678][A-Z]+\d+[CI]",
    Flow.YOSYS_ICE40: r"iCE40(UP|HX|LP)\d+K-[A-Z]+\d+",
    Flow.YOSYS_GOWIN: r"GW\d[A-Z]+-[A-Z]+\d+[A-Z]+\d+[A-Z]*C\d/I\d",
    Flow.YOSYS_NEXUS: r"LIFCL-\d+-\d[A-Z]+\d+[CI]",
}


def test_the_folder_is_the_list() -> None:
    assert tuple(sorted(path.stem for path in FOLDER.iterdir())) == NAMES
    assert len(NAMES) >= 29
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_loads_under_its_file_name(name: str) -> None:
    board = boards.load(name)
    assert board.name == name
    assert boards.load(FOLDER / f"{name}.toml") == board


@pytest.mark.parametrize("name", NAMES)
def test_part_fits_the_flow(name: str) -> None:
    board = boards.load(name)
    assert re.fullmatch(PARTS[board.flow], board.part), board.part


@pytest.mark.parametrize("name", NAMES)
def test_resources_are_plausible(name: str) -> None:
    """Ratios that hold for every FPGA of these families, so that a slip of a digit shows."""
    has = boards.load(name).resources
    assert 0.5 <= has.ff / has.lut <= 4
    assert has.lut_kind == "alm" or 0.75 <= has.ff / has.lut <= 2
    assert 60 <= has.lut / has.dsp <= 1100
    assert 50 <= has.lut / has.bram <= 900
    assert has.bram_kbit in (4, 10, 18, 20, 36)
    assert has.uram_kbit in (None, 256, 288, 512)
    if has.lut_kind == "lut6":
        assert has.ff == 2 * has.lut
        assert (has.dsp_kind, has.dsp_bits) in [("DSP48E1", (25, 18)), ("DSP48E2", (27, 18))]


@pytest.mark.parametrize("name", NAMES)
def test_comment_says_what_was_verified(name: str) -> None:
    comment = [line for line in (FOLDER / f"{name}.toml").read_text().splitlines() if line.startswith("#")]
    assert any(line.startswith("# Resources: ") for line in comment)
    assert boards.load(name).pins is not None or any(re.search(r"no pins", line, re.I) for line in comment)


@pytest.mark.parametrize("name", [name for name in NAMES if boards.load(name).flow.is_open])
def test_open_flow_boards_have_what_a_bitstream_needs(name: str) -> None:
    board = boards.load(name)
    assert board.clocks
    assert board.pins is not None
    assert board.pins.uart_tx is not None
    assert board.pins.uart_rx is not None
    assert board.pins.leds is not None
    assert board.clock_mhz == board.clocks[0].mhz  # so that a first bitstream needs no PLL


@pytest.mark.parametrize("name", NAMES)
def test_no_pin_is_used_twice(name: str) -> None:
    board = boards.load(name)
    used = [pin for clock in board.clocks for pin in (clock.pin, clock.pin_n) if pin]
    if board.pins:
        pins = board.pins
        used += [pin.pin for pin in (pins.reset, pins.uart_tx, pins.uart_rx, *pins.high) if pin]
        used += pins.leds.pins if pins.leds else ()
    assert len(used) == len(set(used))


@pytest.mark.parametrize("name", NAMES)
def test_hls4ml_knows_the_board(name: str) -> None:
    pytest.importorskip("hls4ml", reason="hls4ml is not installed")
    known = json.loads(
        (resources.files("hls4ml.backends.vivado_accelerator") / "supported_boards.json").read_text()
    )
    board = boards.load(name)
    given = board.hls4ml.board if board.hls4ml else None
    assert given == (name if name in known else None)
    if given:
        assert known[given]["part"] == board.part


def test_every_board_hls4ml_builds_for_is_here() -> None:
    pytest.importorskip("hls4ml", reason="hls4ml is not installed")
    known = resources.files("hls4ml.backends.vivado_accelerator") / "supported_boards.json"
    assert set(json.loads(known.read_text())) <= set(NAMES)
