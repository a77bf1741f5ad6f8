"""The flow on a tiny network: real tools to a bitstream, and what is refused before a tool runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgeml import boards, tools
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.estimate import EMPTY, Goal
from edgeml.estimate.verilog.chosen import VerilogLayout
from edgeml.figures import Figure, Hardware
from edgeml.ir import Graph, evaluate_codes
from edgeml.synth.flow import RESULT, SynthesisFlow
from edgeml.synth.request import Request, Until
from edgeml.synth.vectors import Vectors
from edgeml.tools import verilator
from tests.backends.verilog.samples import digits_like, small
from tests.zoo import codes

pytest.importorskip("da4ml", reason="da4ml is not installed")


def flow(
    folder: Path, board: str, request: Request | None = None, graph: Graph | None = None
) -> SynthesisFlow:
    graph = graph or small()
    given = codes(graph, 50)
    vectors = Vectors(given, evaluate_codes(graph, given))
    return SynthesisFlow(graph, vectors, boards.load(board), folder, request or Request(), EMPTY)


def test_too_big_is_refused_before_a_tool_runs(tmp_path: Path) -> None:
    with pytest.raises(
        EdgemlError, match=r"does not fit iCEBreaker: by estimate it needs [\d,]+ .*LUT, .*5,280"
    ):
        flow(tmp_path, "icebreaker", graph=digits_like())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("until", ["place", "bitstream"])
def test_a_vendors_board_goes_to_synthesis(tmp_path: Path, until: Until) -> None:
    with pytest.raises(EdgemlError, match="its flow is vivado: open tools go no further than synthesis"):
        flow(tmp_path, "pynq-z2", Request(until=until))


def test_a_clock_below_the_oscillator_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EdgemlError, match="its oscillator gives 12 MHz, and the top has no PLL to make 6"):
        flow(tmp_path, "icebreaker", Request(clock_mhz=6.0))


def test_synthesis_for_an_unknown_fpga_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EdgemlError, match="Yosys cannot synthesize for Agilex 7"):
        flow(tmp_path, "agilex7", Request(until="synthesis"))


def test_a_goal_is_solved_before_anything_is_written(tmp_path: Path) -> None:
    made = flow(tmp_path, "agilex7", Request(goal=Goal(ii=4), settings={"mode": "stream"}))
    told = made.preflight.solution
    assert isinstance(told, VerilogLayout) and told.mode == "stream" and told.interval <= 4
    assert made.job.options.reuse_factor == told.by_layer
    assert made.preflight.estimate.cycles == Figure(value=told.latency)
    with pytest.raises(EdgemlError, match=r"a latency of 1 clocks \(alone at least"):
        flow(tmp_path, "agilex7", Request(goal=Goal(max_latency=1)))
    assert not list(tmp_path.iterdir())


def test_a_hint_is_given_where_nobody_chose_the_layout(tmp_path: Path) -> None:
    assert flow(tmp_path, "agilex7").hint() == ""  # no open place and route
    if tools.find("yosys") is None:
        pytest.skip(f"yosys: {tools.load('yosys').install}")
    until = Request(until="synthesis")
    made = flow(tmp_path, "ulx3s-85f", until, digits_like())
    assert "of the chip takes long; --set verilog.mode=stream" in made.hint()
    chosen = Request(until="synthesis", settings={"mode": "parallel"})
    assert flow(tmp_path, "ulx3s-85f", chosen, digits_like()).hint() == ""


def test_a_missing_tool_is_named_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(MissingToolError, match="yosys is not installed"):
        flow(tmp_path / "out", "icebreaker")
    assert not (tmp_path / "out").exists()


@pytest.mark.tool
@pytest.mark.slow
def test_a_bitstream_from_a_graph(tmp_path: Path) -> None:
    for name in ("yosys", "nextpnr_ice40", "icepack"):
        if tools.find(name) is None:
            pytest.skip(f"{name}: {tools.load(name).install}")
    if reason := verilator.missing():
        pytest.skip(reason)
    ran: list[str] = []
    all_steps = ["verilog", "check", "simulation", "synthesis", "place", "bitstream"]

    def run(seed: int = 1) -> Hardware:
        ran.clear()
        found = flow(tmp_path, "icebreaker", Request(seed=seed)).run(ran.append)
        assert found is not None
        assert Hardware.read(tmp_path / RESULT) == found
        return found

    found = run()
    assert ran == all_steps
    assert [stage.name for stage in found.stages] == all_steps
    logs = [stage.log for stage in found.stages if stage.log]
    assert len(logs) == 3 and all((tmp_path / log).is_file() for log in logs)
    assert found.source == "place-and-route"
    assert (tmp_path / found.bitstream).stat().st_size > 1000
    assert found.total.lut is not None and found.total.lut.value > 100
    assert {"fc", "act"} <= {layer.layer for layer in found.layers}
    assert found.fmax_mhz is not None and found.fmax_mhz.value > 12
    assert sum(hop.ns for hop in found.critical_path) == pytest.approx(1000 / found.fmax_mhz.value, rel=0.05)
    assert json.loads((tmp_path / "check.json").read_text()) == {"samples": 50, "mismatches": 0}

    assert run() == found
    assert ran == []
    (tmp_path / found.bitstream).unlink()
    assert run().bitstream == found.bitstream
    assert ran == ["bitstream"]
    run(seed=2)
    assert ran[0] == "place"
    (tmp_path / "synthesis" / "netlist.json").write_text("{}")
    assert run(seed=2).total == Hardware.read(tmp_path / RESULT).total
    assert ran[0] == "synthesis"
