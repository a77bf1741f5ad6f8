"""`edgeml synth`: what it shows, when it exits with 1, and what it refuses."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from edgeml import boards, pipeline
from edgeml.api import load
from edgeml.errors import MissingToolError
from edgeml.estimate import Goal, preflight
from edgeml.estimate.ledger import Ledger
from edgeml.estimate.verilog.chosen import VerilogLayout
from edgeml.figures import Figure, Hardware, Hop, LayerFigures, Stage, Usage
from edgeml.pipeline import Synthesis
from edgeml.synth.vendors import hls
from edgeml.tools import verilator
from tests.backends.verilog.samples import small
from tests.cli.command import Shell

REPORTS = Path(__file__).parent.parent / "vendor/reports/vitis"
QUARTUS = REPORTS.parent / "quartus_standard/output_files"
MOCKS = Path(__file__).parent.parent / "synth/vendors/mocks"

PLACED = Hardware(
    design="verilog",
    settings="parallel, 48 MHz",
    model="iris_mlp",
    board="icebreaker",
    part="iCE40UP5K-SG48",
    source="place-and-route",
    total=Usage(lut=Figure(value=4136), bram=Figure(value=2)),
    layers=(LayerFigures(layer="fc1", op="mat_mul", usage=Usage(lut=Figure(value=1583))),),
    cycles=Figure(value=3),
    ii=Figure(value=1),
    clock_mhz=12.0,
    fmax_mhz=Figure(value=16.3),
    critical_path=(Hop(layer="fc1", ns=61.35, what="39 cells, 38.0 ns of wires"),),
    stages=(Stage(name="place", tool="nextpnr-ice40", version="0.4", seconds=90.7, log="logs/place.log"),),
    bitstream="icebreaker.bin",
    notes=("The clock is clk12.",),
)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """The result of the pipeline in these tests; the request it got is under "request"."""
    box: dict[str, Any] = {"synthesis": Synthesis(tmp_path / "synth", PLACED)}

    def synth(run: Any, board: Any, request: Any, ledger: Any, tell: Any, say: Any) -> Synthesis:
        tell("place")
        say("estimate: fits, [so to speak]")
        box["request"] = request
        return box["synthesis"]

    monkeypatch.setattr(pipeline, "synth", synth)
    return box


def test_the_figures_are_shown(edgeml: Shell, run: Path, made: dict[str, Any]) -> None:
    outcome = edgeml("synth", str(run), "--board", "icebreaker", "--seed", "7", "--limit", "5")
    assert outcome.code == 0
    for text in ("4,136", "5,280", "78.3%", "fc1", "61.35", "nextpnr-ice40 0.4", "Fmax 16.30 MHz", ".bin"):
        assert text in outcome.out, text
    assert (made["request"].seed, made["request"].seconds) == (7, 300)
    assert not made["request"].goal
    assert "estimate: fits, [so to speak]" in outcome.err


@pytest.mark.parametrize(
    ("words", "goal"),
    [
        (("--max-latency", "2us"), Goal(max_latency=24)),  # at the oscillator's 12 MHz
        (("--max-latency", "30", "--fit"), Goal(max_latency=30, fit=True)),
        (("--ii", "4", "--clock", "24"), Goal(ii=4)),
    ],
)
def test_what_the_layout_has_to_meet(
    edgeml: Shell, run: Path, made: dict[str, Any], words: tuple[str, ...], goal: Goal
) -> None:
    assert edgeml("synth", str(run), "--board", "icebreaker", *words).code == 0
    assert made["request"].goal == goal


def test_a_program_is_told_what_was_chosen(edgeml: Shell, run: Path, made: dict[str, Any]) -> None:
    pytest.importorskip("da4ml", reason="da4ml is not installed")
    told = preflight(small(), boards.load("icebreaker"), "verilog", {"mode": "stream"}, Goal(ii=2))
    made["synthesis"] = Synthesis(made["synthesis"].folder, PLACED, preflight=told)
    document = json.loads(edgeml("synth", str(run), "--board", "icebreaker", "--json").out)
    assert isinstance(told.solution, VerilogLayout)
    assert document["solution"]["settings"] == told.solution.settings() and document["solution"]["proven"]
    made["synthesis"] = Synthesis(made["synthesis"].folder, PLACED)
    assert "solution" not in json.loads(edgeml("synth", str(run), "--board", "icebreaker", "--json").out)


def test_a_layout_that_does_not_exist_is_refused(edgeml: Shell, run: Path) -> None:
    pytest.importorskip("da4ml", reason="da4ml is not installed")
    outcome = edgeml("synth", str(run), "--board", "icebreaker", "--max-latency", "1")
    assert outcome.code == 2 and "a latency of 1 clocks (alone at least" in outcome.err
    assert not (run / "synth").exists()
    outcome = edgeml("synth", str(run), "--board", "icebreaker", "--fit", "--read", str(run))
    assert outcome.code == 2 and "there is nothing to choose" in outcome.err


def test_a_missing_vitis_is_not_run(edgeml: Shell, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(project: Path, **settings: object) -> None:
        raise MissingToolError("vitis_hls is not installed", "vitis_hls", "see edgeml doctor")

    monkeypatch.setattr(hls, "build", build)
    outcome = edgeml("synth", str(run), "--board", "pynq-z2", "--hls")
    assert outcome.code == 0
    assert "NOT RUN hls: vitis_hls: vitis_hls is not installed (see edgeml doctor)" in outcome.out
    outcome = edgeml("synth", str(run), "--board", "pynq-z2", "--hls", "--json")
    (row,) = json.loads(outcome.out)
    assert "not installed" in row["not_run"] and row["project"] == str(run / "hls4ml")


def test_too_slow_is_said_and_exits_with_1(edgeml: Shell, run: Path, made: dict[str, Any]) -> None:
    slow = PLACED.model_copy(update={"fmax_mhz": Figure(value=9.27)})
    made["synthesis"] = Synthesis(made["synthesis"].folder, slow)
    outcome = edgeml("synth", str(run), "--board", "icebreaker")
    assert outcome.code == 1
    assert "TOO SLOW: good for 9.27 MHz, the clock is 12 MHz" in outcome.err
    outcome = edgeml("synth", str(run), "--board", "icebreaker", "--json")
    document = json.loads(outcome.out)
    assert (outcome.code, document["meets_clock"]) == (1, False)
    assert document["result"]["fmax_mhz"]["value"] == 9.27


def test_a_tool_that_did_not_run_is_said(edgeml: Shell, run: Path, made: dict[str, Any]) -> None:
    folder = made["synthesis"].folder
    made["synthesis"] = Synthesis(folder, None, folder / "project", "quartus is not installed", ("A note.",))
    outcome = edgeml("synth", str(run), "--board", "agilex7")
    assert outcome.code == 0
    for text in ("Yosys has no cells of Agilex 7", "NOT RUN quartus: quartus is not installed", "A note."):
        assert text in outcome.out, text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--board", "icebraker"], "did you mean icebreaker"),
        (["--board", "icebreaker", "--clock", "0"], "0 MHz is no clock"),
        (["--board", "icebreaker", "--limit", "-1"], "minutes above 0"),
        (["--board", "icebreaker", "--set", "hls4ml.strategy=Resource"], "unknown back end 'hls4ml'"),
        (["--board", "icebreaker", "--set", "verilog.mod=stream"], "mode"),
        (["--board", "pynq-z2", "--until", "bitstream"], "open tools go no further than synthesis"),
        (["--board", "icebreaker", "--until", "everything"], "everything"),
    ],
)
def test_bad_input(edgeml: Shell, run: Path, words: list[str], message: str) -> None:
    pytest.importorskip("da4ml", reason="da4ml is not installed")
    outcome = edgeml("synth", str(run), *words)
    assert outcome.code == 2
    assert message in outcome.err
    assert not (run / "synth").exists()


def test_reports_of_an_hls4ml_project_are_filed_and_kept_in_the_ledger(
    edgeml: Shell, run: Path, tmp_path: Path
) -> None:
    reports = Path(shutil.copytree(REPORTS, tmp_path / "reports"))
    part = reports / "vivado_synth.rpt"
    part.write_text(part.read_text(encoding="utf-8").replace("xcu250-figd2104-2L-e", "7z020clg400-1"))
    words = ("synth", str(run), "--board", "pynq-z2", "--read", str(reports))
    outcome = edgeml(*words)
    assert outcome.code == 0
    assert "Not kept in the ledger" in outcome.err  # nobody exported the project they are of
    pipeline.export(load(run), ["hls4ml"], {"hls4ml": {"reuse_factor": 4, "strategy": "resource"}})
    before = Ledger.of_user().entries()
    outcome = edgeml(*words)
    assert (outcome.code, outcome.err) == (0, "")
    (entry,) = [one for one in Ledger.of_user().entries() if one not in before]
    assert (entry.design, entry.source, entry.real["lut"]) == ("hls4ml", "vendor", 2500)
    assert "rf 4" in entry.settings and entry.estimated["lut"] > 0
    assert Hardware.read(run / "synth/pynq-z2-hls4ml/result.json").total.lut == Figure(value=2500)


def quartus_project(run: Path, folder: Path) -> Path:
    """A compiled Quartus project of the run's Verilog, which has something around the network."""
    pipeline.export(load(run), ["verilog"], {})
    shutil.copytree(QUARTUS, folder / "reports")
    shutil.copy(run / "verilog/edgeml.json", folder)
    fit = folder / "reports/net.fit.rpt"
    text = fit.read_text(encoding="utf-8").replace("|net_fc", "|iris_mlp_fc")
    text = text.replace("|net:u_net|             ; 2100.0", "|iris_mlp:u_net|        ; 1900.0")
    fit.write_text(text, encoding="utf-8")
    return folder


def test_reports_of_our_verilog_are_cut_down_to_the_network(edgeml: Shell, run: Path, tmp_path: Path) -> None:
    pytest.importorskip("da4ml", reason="da4ml is not installed")
    project = quartus_project(run, tmp_path / "project")
    before = Ledger.of_user().entries()
    words = ("synth", str(run), "--board", "de10-nano", "--read", str(project / "reports"))
    outcome = edgeml(*words)
    assert outcome.code == 1 and "ledger" not in outcome.err
    assert "TOO SLOW: good for 95.50 MHz" in outcome.err and "--seed" not in outcome.err
    (entry,) = [one for one in Ledger.of_user().entries() if one not in before]
    assert (entry.design, entry.source, entry.real["lut"]) == ("verilog", "vendor", 1900)
    assert entry.tool == "Quartus 18.1.0" and entry.family == "quartus"
    filed = Hardware.read(run / "synth/de10-nano/result.json")
    assert filed.alone and filed.total.lut == Figure(value=1900)
    assert "the whole design with what is around the network takes 2100 LUTs" in filed.notes
    manifest = json.loads((project / "edgeml.json").read_text(encoding="utf-8"))
    assert filed.cycles == Figure(value=manifest["latency"]) and entry.real["cycles"] == manifest["latency"]
    # Without a table by instance nobody knows what the network takes.
    (project / "reports/net.fit.rpt").unlink()
    outcome = edgeml(*words)
    assert outcome.code == 1
    assert "Not kept in the ledger" in outcome.err and "around the network" in outcome.err
    assert not Hardware.read(run / "synth/de10-nano/result.json").alone


def test_reports_of_another_graph_are_refused(edgeml: Shell, run: Path, tmp_path: Path) -> None:
    pytest.importorskip("da4ml", reason="da4ml is not installed")
    project = quartus_project(run, tmp_path / "project")
    manifest = json.loads((project / "edgeml.json").read_text(encoding="utf-8"))
    (project / "edgeml.json").write_text(json.dumps({**manifest, "graph": "0" * 64}), encoding="utf-8")
    outcome = edgeml("synth", str(run), "--board", "de10-nano", "--read", str(project))
    assert outcome.code == 2 and "written for another graph" in outcome.err
    assert not (run / "synth").exists()


@pytest.mark.slow
@pytest.mark.tool
@pytest.mark.skipif(shutil.which("tclsh") is None, reason="tclsh is not installed: apt-get install tcl")
@pytest.mark.skipif(bool(verilator.missing()), reason=verilator.missing() or "-")
def test_a_vendor_flow_enters_the_ledger(edgeml: Shell, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{MOCKS}{os.pathsep}{os.environ['PATH']}")
    before = Ledger.of_user().entries()
    outcome = edgeml("synth", str(run), "--board", "vu13p")
    assert outcome.code == 0, outcome.err
    vendors = [one for one in Ledger.of_user().entries() if one not in before and one.source == "vendor"]
    assert [(one.design, one.family, one.tool) for one in vendors] == [("verilog", "vivado", "Vivado 2023.1")]
