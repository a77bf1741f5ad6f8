"""Every kind of design that is estimated: its package, its options, and figures that are estimates."""

from __future__ import annotations

import pytest

from edgeml import boards
from edgeml.designs import KINDS, OTHER
from edgeml.errors import EdgemlError
from edgeml.estimate import Ledger, design_title, designs, estimate, preflight, record
from edgeml.estimate.design import DesignEstimator
from edgeml.estimate.entrance import load
from edgeml.figures import Hardware
from tests.zoo import zoo


def test_lists_of_designs_follow_their_places() -> None:
    targets = {load(name).target for name in KINDS.names()}
    assert sorted(KINDS.names()) == sorted(name for target in targets for name in designs(target))
    assert designs()[:2] == ("verilog", "hls4ml")
    assert designs(str) == ()
    titles = [design_title(design) for design in (*designs(), OTHER)]
    assert len(set(titles)) == len(titles)


def test_an_estimator_that_declares_no_title_is_refused() -> None:
    with pytest.raises(TypeError, match=r"does not declare \['title', 'target'\]"):
        type("Incomplete", (DesignEstimator,), {"name": "incomplete", "place": 1})


def test_figures_of_an_unknown_kind_are_refused(tmp_path) -> None:
    hardware = estimate(zoo()["mlp"], boards.load("pynq-z2"))
    path = tmp_path / "figures.json"
    path.write_text(hardware.to_json().replace('"design": "verilog"', '"design": "vhdl"'))
    with pytest.raises(EdgemlError, match=r"'vhdl': input should be .*'verilog' or 'other'"):
        Hardware.read(path)
    path.write_text(hardware.to_json().replace('"design": "verilog"', f'"design": "{OTHER}"'))
    assert Hardware.read(path).design == OTHER


@pytest.mark.parametrize("design", designs())
class TestEveryDesign:
    def test_is_named_after_its_package(self, design) -> None:
        assert load(design).name == design

    def test_an_unknown_option_is_refused(self, design) -> None:
        known = sorted(type(load(design).options({})).model_fields)
        with pytest.raises(EdgemlError, match=f"{known[0]}x"):
            load(design).options({f"{known[0]}x": 1})

    def test_figures_are_estimates_with_intervals(self, design) -> None:
        graph, board = zoo()["mlp"], boards.load("pynq-z2")
        hardware = estimate(graph, board, design)
        assert hardware.source == "estimate"
        assert hardware.graph == graph.digest
        assert hardware.total.lut is not None
        lut = hardware.total.lut
        assert lut.low is not None and lut.high is not None
        assert 0 < lut.low <= lut.value <= lut.high
        assert estimate(graph, board, design) == hardware

    def test_files_of_figures_and_the_ledger_may_name_it(self, design, tmp_path) -> None:
        graph, board = zoo()["mlp"], boards.load("pynq-z2")
        hardware = estimate(graph, board, design)
        hardware.write(tmp_path / "figures.json")
        assert Hardware.read(tmp_path / "figures.json") == hardware
        ledger = Ledger(tmp_path / "ledger.jsonl")
        record(graph, board, hardware.model_copy(update={"source": "vendor", "alone": True}), None, ledger)
        assert [entry.design for entry in ledger.entries()] == [design]

    def test_a_latency_in_seconds_has_a_clock(self, design) -> None:
        estimator, board = load(design), boards.load("pynq-z2")
        assert estimator.clock_mhz(estimator.options({}), board) == board.clock_mhz
        assert estimator.clock_mhz(estimator.options({"clock_mhz": 50.0}), board) == 50.0
        assert estimator.unsuited(board) == ""

    def test_a_small_network_fits(self, design) -> None:
        assert preflight(zoo()["mlp"], boards.load("pynq-z2"), design).state in ("fits", "tight")
