"""Results of a board are compared; a broken line or a wrong board is one clear error, never a pass."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeml.backends.verilog.manifest import MANIFEST, Lanes, Stream, VerilogManifest
from edgeml.checks import golden as vectors
from edgeml.checks.artefacts import check_folder
from edgeml.checks.board import Wiring, check_board
from edgeml.checks.golden import Golden
from edgeml.checks.names import choices, select
from edgeml.checks.result import Result
from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.synth.top import host
from edgeml.synth.top.log import read_log
from edgeml.synth.top.payload import encode, sample_bytes
from edgeml.synth.top.port import SerialPort
from edgeml.synth.top.protocol import Decoder, Frame, FrameType, Identity, SelfTestResult
from tests.checks.software_board import SoftwareBoard

SAMPLES = 40


@dataclass
class Bench:
    """A graph, its vectors, the folder with its manifest, and a board that is right."""

    graph: Graph
    golden: Golden
    folder: Path
    board: SoftwareBoard

    def check(self, samples: int = 0, **wiring) -> Result:
        return check_board(self.graph, self.golden, self.folder, Wiring(**wiring), samples)

    def plugged(self, spoil: Callable[[Frame, int], bytes | None] | None = None, **wiring) -> Result:
        if spoil is not None:
            self.board.spoil = spoil
        with self.board.plugged_in() as port:
            return self.check(port=port, **wiring)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    rng = np.random.default_rng(7)
    build = Builder("net")
    value = build.input((6,), FixedType(False, 6, 6))
    weight = build.const(rng.integers(-16, 16, (6, 3)), FixedType(True, 5, 4), "fc.weight")
    bias = build.const(rng.integers(-16, 16, (3,)), FixedType(True, 5, 4), "fc.bias")
    value = build.add(MatMul(), value, weight, name="fc.matmul")
    value = build.add(Add(), value, bias, name="fc")
    graph = build.graph(value)
    golden = vectors.make(graph, np.random.default_rng(1).random((SAMPLES, 6)))
    ports: list[Stream] = []
    for name, port, lane in ((graph.inputs[0], "s_axis", 8), (graph.outputs[0], "m_axis", 16)):
        info = graph.info(name)
        size = info.shape[0]
        lanes = Lanes(
            value=name,
            shape=info.shape,
            signed=bool(info.type.signed),
            width=int(np.max(info.type.width)),
            frac=0,
            lane=lane,
            offset=0,
            elements=size,
        )
        ports.append(Stream(port=port, bits=size * lane, beats=1, values=(lanes,)))
    manifest = VerilogManifest(
        model="net",
        graph=graph.digest,
        top="net",
        mode="parallel",
        clock_mhz=100.0,
        latency=5,
        interval=1,
        input=ports[0],
        output=ports[1],
        files=("net.v",),
    )
    (tmp_path / "verilog").mkdir()
    (tmp_path / "verilog" / MANIFEST).write_text(manifest.to_json())
    sizes = sample_bytes(ports[0]), sample_bytes(ports[1])
    given, wanted = encode(ports[0], golden.inputs), encode(ports[1], golden.expected)
    board = SoftwareBoard(
        Identity(graph.digest, sizes[0], sizes[1], 8, 12_000_000, 5, 1, "net", "icebreaker"),
        {a.tobytes(): b.tobytes() for a, b in zip(given, wanted, strict=True)},
        SelfTestResult(8, 0, None, 5, False),
    )
    return Bench(graph, golden, tmp_path, board)


def answers(kind: FrameType, change: Callable[[Frame], bytes | None]) -> Callable[[Frame, int], bytes | None]:
    return lambda frame, count: change(frame) if frame.kind is kind else frame.encode()


# ---------------------------------------------------------------- over the port


def test_a_board_that_is_right_is_exact(bench: Bench) -> None:
    result = bench.plugged()
    assert (result.backend, result.status, result.samples, result.reason) == ("board", "exact", SAMPLES, "")
    assert result.seconds > 0
    assert bench.plugged(samples=5).samples == 5


def test_a_wrong_result_is_a_mismatch(bench: Bench) -> None:
    def wrong(frame: Frame) -> bytes:
        payload = bytearray(frame.payload)
        payload[2] ^= 1 if frame.tag == 17 else 0
        return replace(frame, payload=bytes(payload)).encode()

    result = bench.plugged(answers(FrameType.RESULT, wrong))
    assert (result.status, result.mismatches, result.max_abs_lsb) == ("mismatch", 1, 1)
    assert result.first is not None and result.first.index == (17, 1)


def test_a_failed_self_test_is_a_mismatch(bench: Bench) -> None:
    bench.board.report = SelfTestResult(8, 2, 3, 5, False)
    result = bench.plugged()
    assert result.status == "mismatch"
    assert result.reason == "the board's self-test failed: 2 of 8 vectors, the first is 3"


@pytest.mark.parametrize("kind", [FrameType.IDENTITY, FrameType.REPORT, FrameType.RESULT])
@pytest.mark.parametrize("what", ["broken", "complaint", "garbage", "twice", "other"])
def test_a_line_that_disturbs_a_frame_is_no_mismatch(bench: Bench, kind: FrameType, what: str) -> None:
    """Every answer of this kind is disturbed, but not the repeated one."""
    seen: dict[int, int] = {}

    def spoil(frame: Frame, count: int) -> bytes:
        data = frame.encode()
        if frame.kind is not kind or seen.setdefault(frame.tag, count) != count or frame.tag > 3:
            return data
        stale = Frame(FrameType.RESULT, 0x7777, bytes(len(frame.payload))).encode()
        return {
            "broken": data[:-1] + bytes([data[-1] ^ 1]) + Frame(FrameType.ERROR, 0, b"\x01").encode(),
            "complaint": Frame(FrameType.ERROR, frame.tag, b"\x05").encode(),
            "garbage": b"\xa5\x00hello\xa5" + data + b"\xa5\x83",
            "twice": data + data,
            "other": stale + data,
        }[what]

    assert bench.plugged(spoil).status == "exact"


def test_silence_is_an_error(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "PATIENCE", 0.1)
    with pytest.raises(EdgemlError, match="no answer to identify in 3 tries: it said nothing"):
        bench.plugged(lambda frame, count: b"")


def test_babble_is_an_error(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "PATIENCE", 0.1)
    with pytest.raises(EdgemlError, match="said 400 bytes, none of them the answer"):
        bench.plugged(lambda frame, count: b"\xa5\x81\x00\x00" * 100)


def test_a_board_that_complains_again_and_again(bench: Bench) -> None:
    with pytest.raises(
        EdgemlError, match="no answer to run in 3 tries: the board says that the network gave no"
    ):
        bench.plugged(
            answers(FrameType.RESULT, lambda frame: Frame(FrameType.ERROR, frame.tag, b"\x06").encode())
        )


def test_a_board_that_is_unplugged(bench: Bench) -> None:
    with pytest.raises(EdgemlError, match="the port was closed"):
        bench.plugged(lambda frame, count: None if count == 20 else frame.encode())


def test_another_network_is_an_error_that_names_both(bench: Bench) -> None:
    bench.board.identity = replace(bench.board.identity, graph="f" * 64, model="other")
    with pytest.raises(
        EdgemlError, match="other with the graph ffffffffffffffff, the run is of net with"
    ) as error:
        bench.plugged()
    assert (
        bench.graph.digest[:16] in str(error.value)
        and "edgeml synth RUN --board icebreaker" in error.value.hint
    )


def test_other_lanes_are_an_error(bench: Bench) -> None:
    bench.board.identity = replace(bench.board.identity, output_bytes=12)
    with pytest.raises(EdgemlError, match="takes 6 bytes and gives 12, the Verilog of the run 6 and 6"):
        bench.plugged()


@pytest.mark.parametrize(
    ("port", "baud", "told"),
    [
        ("/dev/no-such-port", 115_200, "cannot open the port: No such file"),
        ("/dev/null", 115_200, "is not a serial port"),
        (str(Path(__file__)), 115_200, "is not a serial port"),
        ("/dev/null", 12_345, "this system has no 12345 baud"),
        ("/dev/null", 0, "this system has no 0 baud"),
    ],
)
def test_a_port_that_is_none(bench: Bench, port: str, baud: int, told: str) -> None:
    with pytest.raises(EdgemlError, match=told):
        bench.check(port=port, baud=baud)


def test_bytes_that_a_terminal_would_change_pass(bench: Bench) -> None:
    board, host = os.openpty()
    with SerialPort(os.ttyname(host), 115_200) as port:
        every = bytes(range(256))
        os.write(board, every)
        port.write(every)
        assert port.read(1.0) == every and os.read(board, 4096) == every
        assert port.read(0.0) == b""
    os.close(board)
    os.close(host)


# ---------------------------------------------------------------- from a log


@pytest.fixture
def log(bench: Bench, tmp_path: Path) -> Path:
    path = tmp_path / "board.log"
    assert bench.plugged(save_log=path).status == "exact"
    bench.board.answers = 0
    return path


def rewritten(log: Path, change: Callable[[Frame], bytes]) -> Path:
    log.write_bytes(b"".join(map(change, Decoder().feed(log.read_bytes()))))
    return log


def only(*kinds: FrameType) -> Callable[[Frame], bytes]:
    return lambda frame: frame.encode() if frame.kind in kinds else b""


def test_a_log_is_as_good_as_the_board(bench: Bench, log: Path) -> None:
    result = bench.check(log=log)
    assert (result.status, result.samples) == ("exact", SAMPLES)


def test_a_log_with_gaps_and_garbage_counts_what_is_whole(bench: Bench, log: Path) -> None:
    frames = Decoder().feed(log.read_bytes())
    data = b"\xa5\x83" + b"x".join(frame.encode() for frame in reversed(frames) if frame.tag != 9)
    log.write_bytes(data + frames[20].encode()[:-1])
    result = bench.check(log=log)
    assert (result.status, result.samples) == ("exact", SAMPLES - 1)


def test_a_wrong_result_in_a_log_is_a_mismatch_even_if_a_right_one_follows(bench: Bench, log: Path) -> None:
    def change(frame: Frame) -> bytes:
        if frame.kind is not FrameType.RESULT or frame.tag != 30:
            return frame.encode()
        return replace(frame, payload=bytes(6)).encode() + frame.encode()

    result = bench.check(log=rewritten(log, change))
    assert result.status == "mismatch" and result.samples == SAMPLES
    assert result.first is not None and result.first.index[0] == 30


def test_a_sample_counts_once_however_often_it_comes(bench: Bench, log: Path) -> None:
    frames = Decoder().feed(log.read_bytes())
    (first,) = [f for f in frames if f.kind is FrameType.RESULT and f.tag == 3]
    log.write_bytes(log.read_bytes() + first.encode() * 1000)
    result = bench.check(log=log)
    assert (result.status, result.samples) == ("exact", SAMPLES)
    assert result.reason == "1,000 results that had come before"
    identity = next(f for f in frames if f.kind is FrameType.IDENTITY)
    log.write_bytes(identity.encode() + first.encode() * 7)
    assert (bench.check(log=log).status, bench.check(log=log).samples) == ("exact", 1)


def test_other_contents_of_a_log_are_reported(bench: Bench, log: Path) -> None:
    whole = log.read_bytes()
    result = Frame(FrameType.RESULT, 5, bytes(6)).encode()
    damaged = result[:-1] + bytes([result[-1] ^ 1])
    complaints = (
        Frame(FrameType.ERROR, 5, b"\6").encode() * 3 + Frame(FrameType.ERROR, 0xFFFF, b"\1").encode()
    )
    log.write_bytes(b"hello" + whole + complaints + damaged + damaged)
    found = bench.check(log=log)
    assert (found.status, found.samples) == ("exact", SAMPLES)
    assert found.reason.split("; ") == [
        "the board reported an error 3 times that the network gave no result",
        "the board reported an error once that the CRC was wrong",
        "2 frames damaged",
        f"{5 + 2 * len(damaged)} bytes in no frame",
    ]
    log.write_bytes(whole + result[:-1])  # cut short
    assert bench.check(log=log).reason == f"1 frame damaged; {len(result) - 1} bytes in no frame"
    identity = next(f for f in Decoder().feed(whole) if f.kind is FrameType.IDENTITY)
    log.write_bytes(identity.encode() + complaints)
    found = bench.check(log=log)
    assert found.status == "not-run" and "the network gave no result" in found.reason


@pytest.mark.parametrize(
    "noise",
    [b"\xa5\x83\0\0\xff\xff", b"\xa5\x83\0\0\xff\x7f", b"\xa5" * 7, b"\xa5\x83\0\0\x20\0", b"\xa5\x81" * 3],
)
def test_a_log_is_read_in_time_however_it_is_made(bench: Bench, log: Path, noise: bytes) -> None:
    """A header that claims 64 KiB at every place: each would be summed up to its end."""
    whole = log.read_bytes()
    log.write_bytes(noise * ((1 << 18) // len(noise)) + whole)
    start = time.monotonic()
    result = bench.check(log=log)
    assert (result.status, result.samples) == ("exact", SAMPLES)
    assert time.monotonic() - start < 10  # 1 s measured


@settings(max_examples=200)
@given(st.data())
def test_a_log_read_at_once_holds_the_frames_that_arrive_bit_by_bit(data: st.DataObject) -> None:
    parts: list[bytes] = []
    for _ in range(data.draw(st.integers(0, 8))):
        payload = data.draw(st.binary(max_size=600))
        frame = Frame(
            data.draw(st.sampled_from(FrameType)), data.draw(st.integers(0, 0xFFFF)), payload
        ).encode()
        bad = bytearray(frame)
        bad[data.draw(st.integers(0, len(bad) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        cut = frame[: data.draw(st.integers(0, len(frame)))]
        parts.append(
            data.draw(st.sampled_from([frame, frame, bytes(bad), cut, b"\xa5\x83\0\0\0\1", payload]))
        )
    content = b"".join(parts)
    decoder, found = Decoder(), []
    for start in range(0, len(content), 97):
        found += decoder.feed(content[start : start + 97])
    found += decoder.finish()
    log = read_log(content)
    assert list(log.frames) == found and log.skipped == decoder.skipped


def test_a_log_without_results_proves_nothing(bench: Bench, log: Path) -> None:
    result = bench.check(log=rewritten(log, only(FrameType.IDENTITY, FrameType.REPORT)))
    assert result.status == "not-run" and "only the board's own word" in result.reason


def test_a_failed_self_test_in_a_log_is_a_mismatch(bench: Bench, log: Path) -> None:
    failed = Frame(FrameType.REPORT, 0xFFFF, SelfTestResult(8, 1, 0, 5, True).encode())
    log.write_bytes(log.read_bytes() + failed.encode())
    result = bench.check(log=log)
    assert result.status == "mismatch" and "and it gave no result" in result.reason
    assert bench.check(log=rewritten(log, only(FrameType.IDENTITY, FrameType.REPORT))).status == "mismatch"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda data: b"", "holds 0 bytes and none of a board's frames"),
        (lambda data: b"hello\n" * 99, "none of a board's frames"),
        (lambda data: data[80:], "does not say which network"),
        (
            lambda data: data + Frame(FrameType.RESULT, 40, bytes(6)).encode(),
            "sample 40; golden.npz has 40 samples",
        ),
        (
            lambda data: data + Frame(FrameType.RESULT, 4, bytes(7)).encode(),
            "a result of 7 bytes for sample 4",
        ),
    ],
)
def test_logs_that_are_none(bench: Bench, log: Path, change: Callable[[bytes], bytes], told: str) -> None:
    log.write_bytes(change(log.read_bytes()))
    with pytest.raises(EdgemlError, match=told):
        bench.check(log=log)


def test_a_log_of_another_network_is_an_error(bench: Bench, log: Path) -> None:
    other = replace(bench.board.identity, graph="f" * 64)
    log.write_bytes(log.read_bytes() + Frame(FrameType.IDENTITY, 1, other.encode()).encode())
    with pytest.raises(EdgemlError, match="graph ffffffffffffffff"):
        bench.check(log=log)


# ---------------------------------------------------------------- as one of the checks


def test_without_a_line_it_is_not_run(bench: Bench) -> None:
    result = bench.check()
    assert result.status == "not-run" and "--port" in result.reason


def test_without_verilog_it_is_not_run(bench: Bench, log: Path) -> None:
    (bench.folder / "verilog" / MANIFEST).unlink()
    result = bench.check(log=log)
    assert result.status == "not-run" and "edgeml synth RUN" in result.reason


def test_the_synthesized_design_of_the_board_counts_before_the_exported_one(bench: Bench, log: Path) -> None:
    exported = bench.folder / "verilog" / MANIFEST
    made = bench.folder / "synth" / "icebreaker" / "verilog"
    made.mkdir(parents=True)
    exported.rename(made / MANIFEST)
    exported.write_text("{}")
    assert bench.check(log=log).status == "exact"


def test_it_is_named_or_wired_never_part_of_all(bench: Bench, log: Path) -> None:
    assert "board" in choices() and "board" not in select(["all"]) and "board" in select(["all", "board"])
    check = check_folder(bench.folder, bench.graph, bench.golden, ["evaluate"], 3, wiring=Wiring(log=log))
    assert [(r.backend, r.status, r.samples) for r in check.results] == [
        ("evaluate", "exact", 3),
        ("board", "exact", SAMPLES),
    ]


def test_wirings_that_make_no_sense() -> None:
    with pytest.raises(EdgemlError, match="both a port and a log"):
        Wiring("/dev/ttyUSB0", Path("log"))
    with pytest.raises(EdgemlError, match="nothing to save"):
        Wiring(save_log=Path("log"))
