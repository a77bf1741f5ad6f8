"""The whole board in simulation: it works on every kind of board, and what is broken on purpose is found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeml.errors import EdgemlError
from edgeml.synth.top import simulate
from edgeml.synth.top.protocol import Decoder, Frame, FrameType
from edgeml.synth.top.simulate import play, program
from edgeml.tools import verilator
from tests.synth.top.cores import Net, parallel, stream

pytestmark = [
    pytest.mark.tool,
    pytest.mark.slow,
    pytest.mark.skipif(bool(verilator.missing()), reason=verilator.missing() or "-"),
]


def simulated(net: Net, folder: Path, board: str = "icebreaker", **options):
    chosen, top = net.on(board, folder)
    return simulate(folder, net.manifest, chosen, top, net.golden, **options)


@pytest.mark.parametrize(
    ("net", "board", "latency"),
    [
        (parallel(), "icebreaker", 3),  # a button and two lamps, 1 when off
        (stream(), "ulx3s-85f", 6),  # a result of several beats, eight lamps, a pin to keep at 1
        (stream(1), "colorlight-i5", 6),  # no button, one lamp, one vector
    ],
)
def test_boards_answer_everything(net: Net, board: str, latency: int, tmp_path: Path) -> None:
    done = simulated(net, tmp_path, board)
    assert (done.vectors, done.runs, done.latency) == (
        len(next(iter(net.inputs.values()))),
        min(8, done.vectors),
        latency,
    )


def test_the_real_divider(tmp_path: Path) -> None:
    net = parallel(3)
    chosen, top = net.on("icebreaker", tmp_path)
    assert top.serial.clocks == 104
    done = simulate(tmp_path, net.manifest, chosen, top, net.golden, runs=2, clocks=104)
    assert done.runs == 2


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("x0 + x0 + x0 - x1", "x0 + x0 + x0 + x0 - x1", "power-on self-test"),  # another weight
        ("STAGES(3)", "STAGES(4)", "the board counts 4 clocks, edgeml.json promises 3"),
    ],
)
def test_a_wrong_network_is_found(old: str, new: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(EdgemlError, match=told):
        simulated(parallel().edited(old, new), tmp_path)


LINK = "edgeml_uart_link.v"
BROKEN = {
    "a self-test that cannot fail": (LINK, "wire differs = m_data != rom_data;", "wire differs = 1'b0;"),
    "the last byte is not compared": (LINK, "late | wrong | differs", "late | wrong"),
    "the CRC is not looked at": (LINK, "count[0] & crc_next != 16'd0", "1'b0"),
    "a silence does not end a frame": (LINK, "receiving & (late | got", "receiving & (got"),
    "the core keeps what a broken frame left": (LINK, "rst | state == HUNT | state == HEAD;", "rst;"),
    "a lamp that is always on": ("edgeml_board.v", "assign led1 = ~passed;", "assign led1 = 1'b0;"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_board_is_found(name: str, tmp_path: Path) -> None:
    net = parallel(3)
    chosen, top = net.on("icebreaker", tmp_path)
    file, old, new = BROKEN[name]
    text = (tmp_path / file).read_text()
    assert text.count(old) == 1
    (tmp_path / file).write_text(text.replace(old, new))
    with pytest.raises(EdgemlError, match="simulation"):
        simulate(tmp_path, net.manifest, chosen, top, net.golden, runs=2)


def test_a_wrong_word_in_the_memory_is_found_and_named(tmp_path: Path) -> None:
    net = parallel(5)
    chosen, top = net.on("icebreaker", tmp_path)
    rom = tmp_path / "edgeml_board_rom.hex"
    text = rom.read_text()
    line = text.split("// vector 3, out\n")[1].split("\n")[0]
    rom.write_text(text.replace(line, f"{int(line[:2], 16) ^ 4:02x}{line[2:]}"))
    with pytest.raises(EdgemlError, match="failures=1, first=3"):
        simulate(tmp_path, net.manifest, chosen, top, net.golden)


# ---------------------------------------------------------------- networks that misbehave


def answers(net: Net, folder: Path, script: list[str], bit: float = 8.0, timeout: int = 10) -> list[Frame]:
    """The answers of the board to a script, the report at power-on included."""
    chosen, top = net.on("icebreaker", folder)
    parameters = {"CLOCKS": 8, "TIMEOUT": timeout, "RESET": 4}
    seen = play(program(folder, net.manifest, chosen, top, parameters), folder, [*script, "mark all"], bit)
    decoder = Decoder()
    frames = decoder.feed(seen["all"].data) + decoder.finish()
    assert not decoder.skipped
    return frames


def test_a_network_that_hangs_ends_the_test_and_the_wait(tmp_path: Path) -> None:
    net = (
        parallel(4)
        .edited(".m_valid(m_axis_tvalid)", ".m_valid()")
        .edited("assign m_axis_tlast", "assign m_axis_tvalid = 1'b0;\n  assign m_axis_tlast")
    )
    request = Frame(FrameType.RUN, 3, bytes(3)).encode()
    frames = answers(net, tmp_path, ["answer 9999", f"send {request.hex()}", "answer 9999"])
    report, error = frames
    assert report.payload[:6] == bytes([1, 0, 1, 0, 0, 0]) and report.payload[-1] == 1, "one vector, hung"
    assert (error.kind, error.tag, error.payload) == (FrameType.ERROR, 3, b"\x06")


def test_a_network_that_is_too_slow_for_the_line_is_told(tmp_path: Path) -> None:
    """A beat that is taken after 300 clocks: bytes come every 80."""
    net = (
        stream(2)
        .edited(
            ".s_valid(s_axis_tvalid), .s_ready(s_axis_tready)",
            ".s_valid(s_axis_tvalid & turn), .s_ready(ready)",
        )
        .edited(
            "  reg [2:0] place;",
            """  reg [8:0] waited;
  wire ready, turn = waited == 9'd300;
  assign s_axis_tready = ready & turn;
  always @(posedge aclk)
    waited <= ~aresetn | (s_axis_tvalid & s_axis_tready) ? 9'd0 : turn ? 9'd300 : waited + 9'd1;
  reg [2:0] place;""",
        )
    )
    request = Frame(FrameType.RUN, 3, bytes(6)).encode()
    script = ["answer 99999", f"send {request.hex()}", "answer 9999"]
    frames = answers(net, tmp_path, script, timeout=14)
    assert (frames[0].kind, frames[0].payload[2]) == (FrameType.REPORT, 0), (
        "the self-test waits for the network"
    )
    assert (frames[1].kind, frames[1].payload) == (FrameType.ERROR, b"\x05")


@pytest.mark.parametrize("off", [0.97, 1.03])
def test_a_host_with_another_clock(off: float, tmp_path: Path) -> None:
    net = parallel(2)
    request = Frame(FrameType.RUN, 1, bytes([7, *(-300).to_bytes(2, "little", signed=True)]))
    frames = answers(net, tmp_path, ["answer 9999", f"send {request.encode().hex()}", "answer 9999"], 8 * off)
    assert frames[1] == Frame(FrameType.RESULT, 1, (321).to_bytes(2, "little") + b"\x08")


def test_one_lamp_blinks_slowly_or_fast(tmp_path: Path) -> None:
    net = parallel(2)
    chosen, top = net.on("colorlight-i5", tmp_path)
    parameters = {"CLOCKS": 8, "TIMEOUT": 10, "RESET": 4, "BEAT": 10}
    wrong = len(top.identity.encode()) + 3
    watch = [line for i in range(128) for line in ("quiet 16", f"mark {{}}{i}")]
    script = ["answer 99999", *(line.format("good") for line in watch), f"flip {wrong} 1"]
    script += [f"send {Frame(FrameType.TEST, 1).encode().hex()}", "answer 99999"]
    script += [line.format("bad") for line in watch]
    seen = play(program(tmp_path, net.manifest, chosen, top, parameters), tmp_path, script, 8.0)

    def changes(name: str) -> int:
        return int(np.count_nonzero(np.diff([seen[f"{name}{i}"].lamps for i in range(128)])))

    assert 3 <= changes("good") <= 5, "2048 clocks, a period of 1024"
    assert 28 <= changes("bad") <= 36, "eight times as fast"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    net = parallel(2)
    chosen, top = net.on("icebreaker", tmp_path)
    (tmp_path / "net.v").unlink()
    with pytest.raises(EdgemlError, match=r"net\.v: a file of the board is missing"):
        simulate(tmp_path, net.manifest, chosen, top, net.golden)
