"""Warnings and refusals before a synthesis."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgeml import boards
from edgeml.boards import Board
from edgeml.errors import EdgemlError
from edgeml.estimate import Goal, preflight, refuse_if_too_big
from edgeml.estimate.verdict import nearest_board
from edgeml.figures import Figure
from edgeml.ir import Graph
from tests.backends.verilog.samples import small
from tests.estimate.test_hls import mlp, shrunk

pytest.importorskip("da4ml", reason="da4ml is not installed")


def whole_lut(graph: Graph) -> Figure:
    """The cells that have to fit on the ULX3S: the network and the board's top."""
    whole = preflight(graph, boards.load("ulx3s-85f")).estimate.whole
    assert whole is not None and whole.lut is not None
    return whole.lut


def test_ranges_are_readable() -> None:
    assert Figure(value=1234567).text() == "1,234,567"
    assert Figure(value=1200, low=900, high=1500).text() == "1,200 (900 to 1,500)"
    assert Figure(value=2.5, low=2, high=3).text() == "2.5 (2 to 3)"


def test_a_small_design_fits_and_nothing_is_proposed() -> None:
    told = preflight(small(), boards.load("ulx3s-85f"))
    assert told.state == "fits" and told.remedies == () and told.over == ()
    first, needs, alone, time, clock, *_ = told.lines()
    assert first == "estimate: fits ULX3S 85F"
    assert (
        "LUT of 83,640" in needs
        and needs.startswith("whole board after packing: ")
        and alone.startswith("the network alone after synthesis: ")
        and "latency" in time
        and "clock: 25 MHz, laid out as parallel, 100 MHz" in clock
    )


def test_what_is_too_large_is_refused_with_estimate_capacity_and_remedy() -> None:
    graph = mlp("big", (24, 32, 24, 16))
    lut = whole_lut(graph)
    assert lut.low is not None
    board = shrunk("ulx3s-85f", lut=int(lut.low) - 1)
    with pytest.raises(EdgemlError) as caught:
        refuse_if_too_big(preflight(graph, board), board)
    error = caught.value
    assert "does not fit ULX3S 85F" in error.what and f"LUT, the board has {int(lut.low) - 1:,}" in error.what
    assert error.where == "ulx3s-85f"
    assert "--fit would choose mode stream, fc1 " in error.hint and "boards of this flow" in error.hint


def test_what_may_fit_is_not_refused() -> None:
    lut = whole_lut(mlp())
    assert lut.low is not None and lut.low < lut.value
    board = shrunk("ulx3s-85f", lut=int(lut.value))
    told = refuse_if_too_big(preflight(mlp(), board), board)
    assert told.state == "may not fit" and "the interval reaches beyond its LUT" in told.lines()[0]


def test_it_is_the_whole_board_that_has_to_fit() -> None:
    told = preflight(small(), boards.load("ulx3s-85f")).estimate
    network, lut = told.total.lut, whole_lut(small())
    assert network is not None and network.high is not None and lut.low is not None
    between = int(lut.low) - 1
    assert between > network.high  # the network would fit alone
    less = shrunk("ulx3s-85f", lut=between)
    with pytest.raises(EdgemlError, match="does not fit"):
        refuse_if_too_big(preflight(small(), less), less)
    # A vendor's flow has no such top: there the network counts.
    assert preflight(small(), less, tool="vendor").estimate.whole is None


def test_hls4ml_proposes_reuse_factors_when_it_does_not_fit() -> None:
    told = preflight(mlp(), shrunk("pynq-z2", lut=4000), "hls4ml")
    assert told.state != "fits"
    assert any("--fit would choose the reuse factors fc1" in line for line in told.remedies)
    assert any("limits: at most 192 products" in line for line in told.limits)


def test_the_lines_say_what_was_minimized() -> None:
    told = preflight(mlp(), boards.load("pynq-z2"), "hls4ml", {}, Goal(ii=16))
    (line,) = (line for line in told.lines() if line.startswith("reuse factors"))
    assert (
        "minimized: the sum of the shares" in line and "the best of all valid ones" in line and "fc1" in line
    )
    assert told.estimate.ii is not None and told.estimate.ii.value <= 16


def test_a_preflight_can_be_replaced_field_by_field() -> None:
    told = preflight(small(), boards.load("ulx3s-85f"))
    assert replace(told, clock="").lines()[-1] != ""


def test_the_nearest_board_is_the_smallest_larger_one_that_holds_a_design() -> None:
    by_size = sorted((boards.load(name) for name in boards.names()), key=lambda board: board.resources.lut)
    board, large = boards.load("pynq-z2"), by_size[-1]
    tried: list[str] = []

    def fits_on(other: Board) -> bool:
        tried.append(other.name)
        if other.flow is not board.flow:
            raise EdgemlError("no back end for this board")
        return other.resources.lut > 100_000

    assert nearest_board(board, fits_on) == "take kv260, the smallest larger board that holds it by estimate"
    assert board.name not in tried and len(tried) > 3
    assert nearest_board(large, fits_on) == "no larger board of `edgeml list boards` holds it"
    assert nearest_board(board, lambda other: False) == "no larger board of `edgeml list boards` holds it"
