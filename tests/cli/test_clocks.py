"""One clock and one layout: estimate, export, synth and report of a run for a board agree."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from edgeml import api, boards, pipeline
from edgeml.api import load
from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.report.sections.hardware.collect import estimates
from edgeml.synth import flow
from edgeml.synth.job import SynthesisJob
from edgeml.synth.wish import stage_clock
from tests.cli.command import Shell

pytest.importorskip("da4ml", reason="da4ml is not installed")


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[SynthesisJob]:
    """The job of a synthesis; no program runs, and none is needed."""
    seen: list[SynthesisJob] = []

    def run(self: flow.SynthesisFlow, tell: Any) -> None:
        seen.append(self.job)

    monkeypatch.setattr(flow.SynthesisFlow, "run", run)
    monkeypatch.setattr(flow.SynthesisFlow, "_needed", lambda self, family: [])
    return seen


def retarget(folder: Path, **targets: float | str) -> None:
    """Change the targets in config.toml, as a user may."""
    file = folder / "config.toml"
    text = file.read_text(encoding="utf-8")
    for key, value in targets.items():
        text = re.sub(rf"(?m)^{key} = .*\n", "", text)
        text = text.replace("[targets]\n", f"[targets]\n{key} = {json.dumps(value)}\n")
    file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(("said", "flag"), [(None, None), (60.0, None), (60.0, 75.0), (None, 75.0)])
@pytest.mark.parametrize("name", ["orangecrab-25f", "ulx3s-85f", "pynq-z2", "zcu102"])
def test_all_commands_go_by_one_clock(
    edgeml: Shell, run: Path, jobs: list[SynthesisJob], name: str, said: float | None, flag: float | None
) -> None:
    board = boards.load(name)
    if said is not None:
        retarget(run, clock_mhz=said)
    words = (*("--board", name), *(("--clock", str(flag)) if flag else ()))
    clock = flag or said or board.clock_mhz
    runs_at = board.clock_mhz if board.flow.is_open else clock  # no PLL: the oscillator is the clock
    pace = f"parallel, {stage_clock(board, clock):g} MHz"
    assert (stage_clock(board, clock) > clock) == board.flow.is_open

    done = edgeml("estimate", str(run), *words, "--design", "verilog", "--json")
    estimated = json.loads(done.out)[0]["estimate"]
    assert (estimated["clock_mhz"], estimated["settings"]) == (runs_at, pace)

    done = edgeml("export", str(run), *words, "--to", "verilog")
    assert done.code == 0, done.err
    assert f"{clock:g} MHz ({'flag' if flag else 'run' if said else 'board'})" in done.out
    manifest = VerilogManifest.read(run / "verilog")
    assert manifest.clock_mhz == stage_clock(board, clock)
    assert manifest.latency == estimated["cycles"]["value"]

    assert edgeml("synth", str(run), *words, "--until", "synthesis").code == 0
    api.synth(run, name, flag, "synthesis")
    for job in jobs:
        assert (job.clock_mhz, job.runs_at) == (clock, runs_at)
        assert job.options.clock_mhz == stage_clock(board, clock)
    assert len(jobs) == 2

    (item, *_), _ = estimates(load(run), load(run).graph(), {name: board}, {})
    assert (item.clock_mhz, item.settings) == (runs_at, pace)


def test_a_pace_of_the_verilog_is_taken_as_it_is(edgeml: Shell, run: Path, jobs: list[SynthesisJob]) -> None:
    for name, clock in (("ulx3s-85f", 25.0), ("pynq-z2", 80.0)):
        words = ("--board", name, "--set", "verilog.clock_mhz=80")
        done = edgeml("estimate", str(run), *words, "--design", "verilog", "--json")
        estimated = json.loads(done.out)[0]["estimate"]
        assert edgeml("synth", str(run), *words, "--until", "synthesis").code == 0
        assert (estimated["clock_mhz"], estimated["settings"]) == (clock, "parallel, 80 MHz")
        assert (jobs[-1].runs_at, jobs[-1].options.clock_mhz) == (clock, 80)
        assert api.estimate(run, name, settings={"clock_mhz": 80.0}).estimate.clock_mhz == clock
        assert edgeml("export", str(run), *words, "--to", "verilog").code == 0
        assert VerilogManifest.read(run / "verilog").clock_mhz == 80


def test_a_latency_in_time_is_counted_in_the_runs_clock(
    edgeml: Shell, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goals: list[Any] = []

    def synth(run: Any, board: Any, request: Any, ledger: Any, tell: Any, say: Any) -> pipeline.Synthesis:
        goals.append(request.goal)
        return pipeline.Synthesis(run.folder, None)

    monkeypatch.setattr(pipeline, "synth", synth)
    retarget(run, clock_mhz=50)
    for words, clocks in ((("--clock", "200"), 200), ((), 50), (("--set", "verilog.clock_mhz=80"), 80)):
        edgeml("synth", str(run), "--board", "pynq-z2", "--max-latency", "1us", *words)
        assert goals.pop().max_latency == clocks
