"""Flags over run over board: one resolution for every command, with where each value is from."""

from __future__ import annotations

import pytest

from edgeml import boards
from edgeml.backends.hls4ml.options import parse_options
from edgeml.boards.target import TargetRequest, megahertz, resolve, settings, targets, upgraded
from edgeml.errors import EdgemlError
from edgeml.presets import Targets
from edgeml.settings import parse_settings

LAYOUT = {"io_type": "io_stream", "strategy": "auto", "reuse_factor": None}


@pytest.mark.parametrize("name", boards.names())
def test_without_flags_the_board_has_its_say(name: str) -> None:
    board = boards.load(name)
    for said in (
        TargetRequest(name),
        TargetRequest("pynq-z2"),
    ):  # the run's own board, and one that a flag names
        flags = None if said.board == name else name
        target, options = settings(said, LAYOUT, {}, (), flags)
        assert (target.clock_mhz, target.clock_from) == (board.clock_mhz, "board")
        assert target.hls_backend == (board.hls4ml.backend if board.hls4ml else "")
        assert options["verilog"]["clock_mhz"] == board.clock_mhz
        assert options["hls4ml"]["clock_mhz"] == board.clock_mhz
        if board.hls4ml is not None:
            project = parse_options(options["hls4ml"]).target()
            assert project.backend == board.hls4ml.backend
            assert project.part == (board.hls4ml.part or board.part)
            assert project.clock_period_ns == pytest.approx(1000 / board.clock_mhz)


def test_flags_over_run_over_board() -> None:
    run = TargetRequest("pynq-z2", 150.0, "Vivado")
    target = resolve(TargetRequest(), run)
    assert (target.clock_mhz, target.clock_from, target.hls_backend, target.hls_from) == (
        150.0, "run", "Vivado", "run",
    )  # fmt: skip
    assert target.text() == "pynq-z2 (run), 150 MHz (run), Vivado (run)"
    target = resolve(TargetRequest("zcu102", 300.0, "Vitis"), run)
    assert target.text() == "zcu102 (flag), 300 MHz (flag), Vitis (flag)"
    # A run's back end goes with its board: on another chip the board's own takes its place.
    assert resolve(TargetRequest("agilex7"), run).text() == "agilex7 (flag), 150 MHz (run), oneAPI (board)"
    assert resolve(TargetRequest()).text() == "200 MHz (default), Vitis (default)"


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(EdgemlError, match="Vitis back end cannot target .*use oneAPI or Quartus"):
        resolve(TargetRequest("agilex7", None, "Vitis"))
    with pytest.raises(EdgemlError, match="Vivado back end cannot target"):
        resolve(TargetRequest(), TargetRequest("arria10", None, "Vivado"))
    with pytest.raises(EdgemlError, match="has no back end for iCEBreaker"):
        resolve(TargetRequest("icebreaker", None, "Vitis"))
    assert targets(boards.load("icebreaker")) == ()


def test_set_goes_over_everything() -> None:
    run = TargetRequest("pynq-z2")
    given = ("hls4ml.clock_mhz=50", "hls4ml.board=zcu102", "hls4ml.reuse_factor.fc1=4")
    target, options = settings(run, {**LAYOUT, "reuse_factor": {"fc2": 2}}, {}, given)
    assert target.text() == "zcu102 (flag), 50 MHz (flag), Vitis (board)"
    assert options["hls4ml"]["reuse_factor"] == {"fc1": 4, "fc2": 2}
    assert options["verilog"]["clock_mhz"] == boards.load("zcu102").clock_mhz  # not that of hls4ml
    _, options = settings(run, LAYOUT, {}, ("hls4ml.part=xczu7ev-ffvc1156-2-e", "verilog.adders_per_stage=2"))
    assert "board" not in options["hls4ml"]
    assert options["verilog"]["clock_mhz"] == boards.load("pynq-z2").clock_mhz


def test_adders_per_stage_keep_the_runs_clock() -> None:
    """The clock then cuts no stages, but cycles are counted in it, without the margin of open flows."""
    given = ("verilog.adders_per_stage=2",)
    run = TargetRequest("pynq-z2", 80.0)
    for clock, expected in ((None, 80.0), (150.0, 150.0)):
        verilog = settings(run, LAYOUT, {}, given, clock_mhz=clock, pace=lambda _, mhz: 4 * mhz)[1]["verilog"]
        assert verilog == {"adders_per_stage": 2, "clock_mhz": expected}


def test_a_period_is_a_clock() -> None:
    assert megahertz(None, 5, "x") == 200
    with pytest.raises(EdgemlError, match="given twice"):
        megahertz(100.0, 10, "x")
    with pytest.raises(EdgemlError, match="clock_period_ns = 0"):
        parse_options({"clock_period_ns": 0})
    assert parse_settings(Targets, {"clock_ns": 2.5}, "x").clock_mhz == 400
    assert parse_settings(Targets, {"strategy": "Resource"}, "x").strategy == "resource"
    with pytest.raises(EdgemlError, match="clock_ns = 0"):
        parse_settings(Targets, {"clock_ns": 0}, "x")


def test_old_runs_leave_the_say_to_their_board() -> None:
    old = {"targets": {"board": "zcu102", "hls_backend": "Vitis", "clock_ns": 5.0, "strategy": "Resource"}}
    read = parse_settings(Targets, upgraded(old)["targets"], "config.toml")
    assert (read.clock_mhz, read.hls_backend, read.strategy) == (None, None, "resource")
    said = {"targets": {"hls_backend": "Vivado", "clock_ns": 4.0}}
    read = parse_settings(Targets, upgraded(said)["targets"], "config.toml")
    assert (read.clock_mhz, read.hls_backend) == (250.0, "Vivado")
    new = {"targets": {"hls_backend": "Vitis"}}
    assert upgraded(new) == new
