from __future__ import annotations

import json

from edgeml import backends, boards, install
from edgeml.errors import MissingToolError
from edgeml.report.sections.hardware import collect as hardware
from tests.report.hardware import placed
from tests.report.test_collect import iris_graph, make_run


def test_the_boards_that_are_compared_are_there():
    assert set(hardware.COMPARED) <= set(boards.names())
    assert len({boards.load(name).family for name in hardware.COMPARED}) == len(hardware.COMPARED)


def test_an_estimate_is_of_the_verilog_as_it_was_written_for_the_board(tmp_path):
    graph = iris_graph()
    run = make_run(tmp_path / "run", graph)
    placed(graph.digest).write(run.folder / "synth" / "ulx3s-85f" / "result.json")
    verilog = backends.load("verilog")
    for clock, place in ((5.0, "synth/ulx3s-85f/verilog"), (250.0, "verilog")):
        verilog.emit(graph, verilog.options({"clock_mhz": clock})).write(run.folder / place)
    found = hardware.gather(run, graph)
    told = {(i.board, bool(i.layers)): i for i in found.hardware if i.source == "estimate"}
    assert told["ulx3s-85f", True].settings == "parallel, 5 MHz"
    assert told["ulx3s-85f", True].clock_mhz == 25.0  # the oscillator, which the top has no PLL to change
    verilogs = {i.board: i for i in found.hardware if i.design == "verilog" and i.source == "estimate"}
    assert verilogs["pynq-z2"].clock_mhz == 250.0 and verilogs["icebreaker"].layers == ()
    assert {board.name for board in found.boards} == {i.board for i in found.hardware}
    assert found.gaps == ()


def test_adders_per_stage_that_the_verilog_was_written_with_count(tmp_path):
    graph = iris_graph()
    run = make_run(tmp_path / "run", graph)
    verilog = backends.load("verilog")
    verilog.emit(graph, verilog.options({"adders_per_stage": 1, "clock_mhz": 80.0})).write(
        run.folder / "verilog"
    )
    found = hardware.gather(run, graph)
    (item,) = (i for i in found.hardware if i.board == "pynq-z2" and i.design == "verilog")
    assert (item.settings, item.clock_mhz) == ("parallel, 1 adders per stage", 80.0)


def test_what_cannot_be_estimated_is_a_sentence(tmp_path, monkeypatch):
    def missing(*_, **__):
        raise MissingToolError("da4ml is not installed", "verilog", install.command("verilog"))

    monkeypatch.setattr(hardware, "estimate", missing)
    graph = iris_graph()
    found = hardware.gather(make_run(tmp_path / "run", graph), graph)
    assert (found.hardware, found.boards) == ((), ())
    assert [gap.split(":")[0] for gap in found.gaps] == [
        "No estimate of the edgeml Verilog on PYNQ-Z2",
        "No estimate of the hls4ml project on PYNQ-Z2",
    ]
    assert "da4ml is not installed" in found.gaps[0]


def test_boards_that_are_asked_for_take_the_place_of_the_others(tmp_path):
    graph = iris_graph()
    run = make_run(tmp_path / "run", graph)
    placed(graph.digest).write(run.folder / "synth" / "ulx3s-85f" / "result.json")
    found = hardware.gather(run, graph, [boards.load("basys3"), boards.load("icebreaker")])
    assert found.compared == ("basys3", "icebreaker")
    assert [board.name for board in found.boards] == ["ulx3s-85f", "pynq-z2", "basys3", "icebreaker"]
    (gap,) = found.gaps  # of the ULX3S nobody asked
    assert gap == "No estimate of the hls4ml project on iCEBreaker: hls4ml has no back end for it."


def test_by_default_what_the_run_was_made_for_comes_first(tmp_path):
    graph = iris_graph()
    run = make_run(tmp_path / "run", graph)
    verilog = backends.load("verilog")
    verilog.emit(graph, verilog.options({})).write(run.folder / "synth" / "basys3" / "verilog")
    (run.hls4ml / "edgeml.json").parent.mkdir()
    project = {"backend": "Vitis", "project": "myproject", "options": {"board": "arty-a7-100t"}}
    ends = {name: [] for name in ("inputs", "outputs", "values")}
    (run.hls4ml / "edgeml.json").write_text(json.dumps({"schema": 1, **project, **ends}))
    made = ("basys3", "arty-a7-100t")
    assert hardware.gather(run, graph).compared == (*made, *hardware.COMPARED)
    (run.hls4ml / "edgeml.json").write_text("not JSON")
    assert hardware.gather(run, graph).compared == ("basys3", *hardware.COMPARED)
