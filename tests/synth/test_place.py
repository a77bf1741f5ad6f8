"""nextpnr's report, and a nextpnr that dies, hangs, writes nothing or something else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgeml.errors import EdgemlError
from edgeml.synth import place
from edgeml.synth.place import ClockTiming, PlacementReport, Segment
from edgeml.tools import InstalledTool


def segment(cell: str, delay: float, kind: str) -> dict[str, object]:
    end = {"cell": cell, "loc": [1, 2], "port": "O"}
    return {"delay": delay, "from": end, "to": end, "type": kind}


def path(start: str, stop: str, *segments: dict[str, object]) -> dict[str, object]:
    return {"from": start, "to": stop, "path": list(segments)}


REPORT = {
    "critical_paths": [
        path("posedge clk", "posedge clk", segment("a", 0.5, "clk-to-q"), segment("a", 2.0, "routing")),
        path("posedge clk", "posedge clk", segment("b", 0.5, "clk-to-q"), segment("b", 3.0, "logic")),
        path("<async>", "posedge clk", segment("c", 50.0, "routing")),
        path("posedge fast", "posedge fast", segment("d", 9.0, "logic")),
    ],
    "fmax": {
        "fast": {"achieved": 200.0, "constraint": 100.0},
        "clk": {"achieved": 30.0, "constraint": 25.0},
    },
    "utilization": {"TRELLIS_COMB": {"available": 83640, "used": 1234}},
}


def test_a_report(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(json.dumps(REPORT))
    assert place.read_report(tmp_path / "r.json", tmp_path / "log") == PlacementReport(
        (
            ClockTiming("clk", 30.0, 25.0),
            ClockTiming("fast", 200.0, 100.0),
        ),  # the one with the least slack first
        {"TRELLIS_COMB": 1234},
        {"TRELLIS_COMB": 83640},
        (Segment("b", 0.5, "clk-to-q"), Segment("b", 3.0, "logic")),  # of that clock, register to register
    )


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "{}",
        "[1]",
        json.dumps({**REPORT, "fmax": {"clk": {}}}),
        json.dumps({**REPORT, "critical_paths": [{"from": "posedge clk", "to": "posedge clk"}]}),
        json.dumps({**REPORT, "utilization": {"LUT4": 7}}),
    ],
)
def test_another_report_is_refused(damage: str, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(damage)
    with pytest.raises(EdgemlError, match=r"report of nextpnr.*the log is .*/log"):
        place.read_report(tmp_path / "r.json", tmp_path / "log")


def placed(tmp_path: Path, body: str, seconds: float = 20.0) -> str:
    """Run a nextpnr that does `body`; gives its log."""
    program = tmp_path / "nextpnr-mock"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    found, log = InstalledTool(program, "0.4"), tmp_path / "place.log"
    place.place(
        found, "n.json", "top", ["--85k"], tmp_path, "p/r.json", log,
        mhz=25.0, seed=3, seconds=seconds, outputs=["p/out"],
    )  # fmt: skip
    return log.read_text()


def test_one_that_works_keeps_its_command_line(tmp_path: Path) -> None:
    log = placed(tmp_path, "echo placed; touch p/out p/r.json")
    assert log.splitlines()[1] == "placed"
    assert "--json n.json --top top --85k --report p/r.json --freq 25 --seed 3" in log.splitlines()[0]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("echo 'ERROR: failed to place'; exit 1", "failed with code 1: ERROR: failed to place"),
        ("kill -ABRT $$", "ended by signal SIGABRT"),
        ("exit 0", "ended without an error and without p/out, p/r.json"),
        ("touch p/out; exit 0", "ended without an error and without p/r.json"),
    ],
)
def test_one_that_does_not(body: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(EdgemlError, match=message) as caught:
        placed(tmp_path, body)
    assert str(tmp_path / "place.log") in caught.value.hint


def test_one_that_hangs(tmp_path: Path) -> None:
    with pytest.raises(EdgemlError, match=r"took longer than 0.5 s"):
        placed(tmp_path, "exec sleep 60", 0.5)


def test_what_an_earlier_run_left_does_not_count(tmp_path: Path) -> None:
    placed(tmp_path, "touch p/out p/r.json")
    with pytest.raises(EdgemlError, match="ended without an error"):
        placed(tmp_path, "exit 0")
