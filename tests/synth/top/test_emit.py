"""Files for a board: every pin constrained, every size right, every refusal before a file."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from edgeml import boards
from edgeml.backends.verilog.manifest import Stream
from edgeml.boards import Board, BoardClock
from edgeml.errors import EdgemlError
from edgeml.synth.top import TOP, Top, constraints, emit
from edgeml.synth.top.payload import decode, encode
from edgeml.synth.top.serial import serial
from edgeml.synth.vectors import Vectors
from edgeml.tools import verilator
from tests.synth.top.cores import GRAPH, Net, parallel, stream

WIRED = [name for name in boards.names() if boards.load(name).flow in constraints.flows()]
SUFFIX = {"ecp5": "lpf", "ice40": "pcf", "gowin": "cst", "nexus": "pdc", "radiant": "pdc"}


def emitted(net: Net, board: Board | str, **options) -> Top:
    chosen = boards.load(board) if isinstance(board, str) else board
    return emit(net.manifest, chosen, net.golden, **options)


def ports(top: Top) -> set[str]:
    text = top.files[f"{TOP}.v"].decode()
    return set(re.findall(r"^  (?:input|output) +wire (\w+)", text, re.MULTILINE))


def test_the_open_boards_are_wired() -> None:
    assert {"ulx3s-85f", "orangecrab-25f", "icebreaker", "upduino", "tangnano9k", "certuspro-nx"} <= set(
        WIRED
    )


@pytest.mark.parametrize("name", WIRED)
def test_every_port_has_its_pin(name: str) -> None:
    board = boards.load(name)
    top = emitted(parallel(), board)
    text = top.files[top.constraints].decode()
    assert top.constraints == f"{TOP}.{SUFFIX[board.flow.value.split('-')[-1]]}"
    located = {
        "lpf": r'LOCATE COMP "(\w+)" SITE "(\w+)";',
        "pcf": r"set_io (?:-pullup yes )?(\w+) (\w+)",
        "cst": r'IO_LOC "(\w+)" (\w+);',
        "pdc": r"ldc_set_location -site \{(\w+)\} \[get_ports \{(\w+)\}\]",
    }[top.constraints.rsplit(".", 1)[1]]
    found = re.findall(located, text)
    if top.constraints.endswith("pdc"):
        found = [(port, pin) for pin, port in found]
    assert {port for port, _ in found} == ports(top)
    assert len({pin for _, pin in found}) == len(found), "a pin twice"
    assert board.pins is not None and board.pins.uart_tx is not None and board.pins.uart_rx is not None
    pins = dict(found)
    assert (pins["uart_tx"], pins["uart_rx"]) == (board.pins.uart_tx.pin, board.pins.uart_rx.pin)
    assert ("button" in pins) == (board.pins.reset is not None)


def test_pulls_standards_and_clocks_are_written() -> None:
    ulx3s = emitted(parallel(), "ulx3s-85f")
    text = ulx3s.files[ulx3s.constraints].decode()
    assert 'IOBUF PORT "button" PULLMODE=DOWN IO_TYPE=LVCMOS33;' in text
    assert 'FREQUENCY PORT "clk" 25 MHZ;' in text
    tang = emitted(parallel(), "tangnano9k")
    assert 'IO_PORT "button" IO_TYPE=LVCMOS18 PULL_MODE=UP;' in tang.files[tang.constraints].decode()
    pdc = emitted(parallel(), "certuspro-nx")
    assert "create_clock -name {clk} -period 83.3333 [get_ports {clk}]" in pdc.files[pdc.constraints].decode()


def test_active_low_lamps_buttons_and_pins_that_stay_high() -> None:
    assert "assign led0 = ~failed;" in emitted(parallel(), "icebreaker").files[f"{TOP}.v"].decode()
    assert ".button(~button)" in emitted(parallel(), "icebreaker").files[f"{TOP}.v"].decode()
    ulx3s = emitted(parallel(), "ulx3s-85f").files[f"{TOP}.v"].decode()
    assert "assign led0 = failed;" in ulx3s and ".button(button)" in ulx3s
    assert "assign high0 = 1'b1;" in ulx3s and "assign led7 = 1'b0;" in ulx3s


@pytest.mark.tool
@pytest.mark.skipif(bool(verilator.missing()), reason=verilator.missing() or "-")
@pytest.mark.parametrize("name", ["icebreaker", "ulx3s-85f", "colorlight-i5"])
@pytest.mark.parametrize("net", [parallel(), stream()], ids=["parallel", "stream"])
def test_the_whole_is_lint_clean(net: Net, name: str, tmp_path: Path) -> None:
    _, top = net.on(name, tmp_path)
    verilator.lint([tmp_path / file for file in top.sources(net.manifest)], TOP, tmp_path / "log")


def test_the_same_input_gives_the_same_files() -> None:
    assert emitted(parallel(), "icebreaker").files.digest == emitted(parallel(), "icebreaker").files.digest


# ---------------------------------------------------------------- samples and vectors


@pytest.mark.parametrize("net", [parallel(), stream()], ids=["parallel", "stream"])
def test_samples_survive_the_wire(net: Net) -> None:
    for port, codes in ((net.manifest.input, net.inputs), (net.manifest.output, net.expected)):
        back = decode(port, encode(port, codes))
        assert all(np.array_equal(back[name], codes[name]) for name in codes)


def test_bytes_are_those_of_the_lanes() -> None:
    net = parallel()
    inputs = {"x0": np.array([[-2]]), "x1": np.array([[0x123]])}
    assert encode(net.manifest.input, inputs).tobytes() == bytes([0xFE, 0x23, 0x01])


def test_beats_hold_a_part_of_every_value() -> None:
    lanes = parallel().manifest.input.values
    port = Stream(
        port="s_axis",
        bits=24,
        beats=2,
        values=tuple(lane.model_copy(update={"shape": (2,)}) for lane in lanes),
    )
    data = encode(port, {"x0": np.array([[1, 2]]), "x1": np.array([[3, 4]])})
    assert data.tobytes() == bytes([1, 3, 0, 2, 4, 0])


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"x0": np.array([[128]]), "x1": np.array([[0]])}, "x0: codes beyond -128 to 127"),
        ({"x0": np.array([[1, 2]]), "x1": np.array([[0]])}, r"x0: vectors of shape \(1, 2\)"),
        ({"x0": np.array([[1]])}, "x1: no such vectors"),
    ],
)
def test_vectors_that_do_not_fit_are_refused(inputs: dict, told: str) -> None:
    with pytest.raises(EdgemlError, match=told):
        encode(parallel().manifest.input, inputs)


def test_the_self_test_takes_what_fits() -> None:
    assert emitted(parallel(200), "icebreaker").vectors == 64
    assert emitted(parallel(200), "icebreaker", vectors=100).vectors == 100
    assert emitted(parallel(7), "icebreaker").vectors == 7
    assert "words [0:449]" in emitted(parallel(64), "icebreaker").files["edgeml_board_rom.v"].decode()
    words = emitted(parallel(64), "icebreaker").files["edgeml_board_rom.hex"].decode().splitlines()
    assert sum(len(line.split()) for line in words if not line.startswith("//")) == 450
    icebreaker = boards.load("icebreaker")
    few = icebreaker.resources.model_copy(update={"bram": 1})
    small = icebreaker.model_copy(update={"resources": few})
    assert emitted(parallel(64), small).vectors == (512 // 4 - 66) // 6
    with pytest.raises(EdgemlError, match="11 vectors of 6 bytes do not fit .* at most 10"):
        emitted(parallel(64), small, vectors=11)
    with pytest.raises(EdgemlError, match="there are 7"):
        emitted(parallel(7), "icebreaker", vectors=8)


def test_identity() -> None:
    identity = emitted(parallel(), "icebreaker").identity
    assert (identity.graph, identity.input_bytes, identity.output_bytes, identity.vectors) == (
        GRAPH,
        3,
        3,
        12,
    )
    assert (identity.clock_hz, identity.latency, identity.model, identity.board) == (
        12_000_000,
        3,
        "net",
        "icebreaker",
    )


# ---------------------------------------------------------------- refusals


def test_boards_that_cannot_are_refused_with_a_remedy() -> None:
    net, icebreaker = parallel(), boards.load("icebreaker")
    assert icebreaker.pins is not None
    silent = icebreaker.model_copy(update={"pins": icebreaker.pins.model_copy(update={"uart_tx": None})})
    with pytest.raises(EdgemlError, match="no pins for a serial line .*add uart_tx"):
        emitted(net, silent)
    with pytest.raises(EdgemlError, match="goes through vivado"):
        emitted(net, "pynq-z2")
    inner = BoardClock(name="hfosc", mhz=48.0, primitive="SB_HFOSC")
    with pytest.raises(EdgemlError, match="no clock on one pin"):
        emitted(net, icebreaker.model_copy(update={"clocks": (inner,)}))
    pulled = icebreaker.pins.model_copy(
        update={"reset": icebreaker.pins.reset and icebreaker.pins.reset.model_copy(update={"pull": "down"})}
    )
    with pytest.raises(EdgemlError, match="no pull-down"):
        emitted(net, icebreaker.model_copy(update={"pins": pulled}))


def test_a_board_without_lamps_or_button_is_enough() -> None:
    icebreaker = boards.load("icebreaker")
    assert icebreaker.pins is not None
    bare = icebreaker.model_copy(
        update={"pins": icebreaker.pins.model_copy(update={"leds": None, "reset": None})}
    )
    assert ports(emitted(parallel(), bare)) == {"clk", "uart_rx", "uart_tx"}


@pytest.mark.parametrize(("baud", "clocks"), [(115_200, 104), (1_000_000, 12), (9600, 1250)])
def test_baud_rates(baud: int, clocks: int) -> None:
    assert serial(boards.load("icebreaker"), baud, 100.0).clocks == clocks


@pytest.mark.parametrize("baud", [0, -1, 2_000_000, 1_150_000])
def test_rates_that_the_clock_cannot_make_are_refused(baud: int) -> None:
    with pytest.raises(EdgemlError, match=r"choose one of 9600, .*, 1000000"):
        serial(boards.load("icebreaker"), baud, 100.0)


def test_the_clock_is_no_faster_than_the_verilog() -> None:
    board = boards.load("certuspro-nx")
    assert serial(board, 115_200, 100.0).clock.name == "clk12"
    assert serial(board, 115_200, 200.0).clock.name == "clk125"
    assert serial(board, 115_200, 5.0).clock.name == "clk12"


def test_too_large_and_too_slow_networks_are_refused() -> None:
    net = stream()
    wide = net.manifest.input.model_copy(update={"beats": 70_000})
    with pytest.raises(EdgemlError, match="a frame takes 65535"):
        emit(
            net.manifest.model_copy(update={"input": wide}),
            boards.load("ulx3s-85f"),
            net.golden,
        )
    with pytest.raises(EdgemlError, match="smaller reuse factors"):
        emit(
            net.manifest.model_copy(update={"latency": 10_000_000}),
            boards.load("ulx3s-85f"),
            net.golden,
        )
    with pytest.raises(EdgemlError, match="different lengths"):
        emit(net.manifest, boards.load("ulx3s-85f"), Vectors(net.inputs, {"y": net.expected["y"][:3]}))
