"""`edgeml check --with board` over a port and from a log."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edgeml import api
from edgeml.backends.verilog.manifest import MANIFEST, Lanes, Stream, VerilogManifest, lane_bits
from edgeml.checks import golden as vectors
from edgeml.ir import Graph
from edgeml.synth.top.payload import encode, sample_bytes
from edgeml.synth.top.protocol import Frame, FrameType, Identity, SelfTestResult
from tests.checks.software_board import SoftwareBoard
from tests.cli.command import Shell


def port_of(graph: Graph, name: str, prefix: str) -> Stream:
    info = graph.info(name)
    width = int(np.max(info.type.width))
    lanes = Lanes(
        value=name,
        shape=info.shape,
        signed=bool(info.type.signed),
        width=width,
        frac=0,
        lane=lane_bits(width),
        offset=0,
        elements=info.shape[0],
    )
    return Stream(port=prefix, bits=lanes.lane * lanes.elements, beats=1, values=(lanes,))


@pytest.fixture
def board(run: Path) -> SoftwareBoard:
    """A board that is right, and the manifest that a run with Verilog has."""
    opened = api.load(run)
    graph = opened.graph()
    golden = vectors.read(opened.golden_file, graph)
    source, sink = port_of(graph, graph.inputs[0], "s_axis"), port_of(graph, graph.outputs[0], "m_axis")
    manifest = VerilogManifest(
        model=graph.name,
        graph=graph.digest,
        top="net",
        mode="parallel",
        clock_mhz=100.0,
        latency=5,
        interval=1,
        input=source,
        output=sink,
        files=("net.v",),
    )
    (run / "verilog").mkdir()
    (run / "verilog" / MANIFEST).write_text(manifest.to_json())
    given, wanted = encode(source, golden.inputs), encode(sink, golden.expected)
    return SoftwareBoard(
        Identity(
            graph.digest,
            sample_bytes(source),
            sample_bytes(sink),
            8,
            12_000_000,
            5,
            1,
            graph.name,
            "icebreaker",
        ),
        {a.tobytes(): b.tobytes() for a, b in zip(given, wanted, strict=True)},
        SelfTestResult(8, 0, None, 5, False),
    )


def test_a_board_is_a_row_of_the_check(
    edgeml: Shell, run: Path, board: SoftwareBoard, tmp_path: Path
) -> None:
    log = tmp_path / "board.log"
    with board.plugged_in() as port:
        outcome = edgeml(
            "check", str(run), "--with", "board", "--port", port, "--save-log", str(log), "--json"
        )
    assert outcome.code == 0, outcome.err
    (row,) = json.loads(outcome.out)["results"]
    assert (row["backend"], row["status"]) == ("board", "exact") and row["samples"] > 10
    assert json.loads((run / "check.json").read_text())["results"] == [row]
    outcome = edgeml("check", str(run), "--with", "evaluate", "--log", str(log), "--json")
    assert outcome.code == 0
    assert [r["backend"] for r in json.loads(outcome.out)["results"]] == ["evaluate", "board"]


def test_a_wrong_board_fails_the_check(edgeml: Shell, run: Path, board: SoftwareBoard) -> None:
    def wrong(frame: Frame, count: int) -> bytes:
        if frame.kind is not FrameType.RESULT:
            return frame.encode()
        payload = bytes([frame.payload[0] ^ 1, *frame.payload[1:]])
        return Frame(frame.kind, frame.tag, payload).encode()

    board.spoil = wrong
    with board.plugged_in() as port:
        outcome = edgeml("check", str(run), "--with", "board", "--port", port, "--samples", "3")
    assert outcome.code == 1 and "MISMATCH" in outcome.out


def test_without_a_port_it_is_not_run(edgeml: Shell, run: Path) -> None:
    outcome = edgeml("check", str(run), "--with", "board")
    assert outcome.code == 0 and "not run" in outcome.out and "nothing was run" in outcome.err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--port", "/dev/null", "--log", "x"), "both a port and a log"),
        (("--save-log", "x"), "nothing to save"),
        (("--log", "no-such.log"), "no-such.log"),
        (("--port", "/dev/no-such-port"), "cannot open the port"),
    ],
)
def test_bad_lines_are_one_error(
    edgeml: Shell, run: Path, board: SoftwareBoard, args: tuple[str, ...], said: str
) -> None:
    outcome = edgeml("check", str(run), "--with", "board", *args)
    assert outcome.code == 2 and said in outcome.err and "Traceback" not in outcome.err
    assert not (run / "check.json").exists()
