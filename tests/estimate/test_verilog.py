"""Clocks are the manifest's, for every graph; layers and totals hang together; figures have intervals."""

from __future__ import annotations

from itertools import pairwise

import pytest

from edgeml import boards
from edgeml.backends.verilog import BACKEND
from edgeml.backends.verilog.manifest import MANIFEST
from edgeml.errors import EdgemlError
from edgeml.estimate import estimate
from edgeml.estimate.verilog.counting import count
from edgeml.families import fabric
from edgeml.families.ecp5 import FABRIC as ECP5
from edgeml.ir import Graph
from edgeml.passes import prepare
from tests.backends.verilog.samples import small
from tests.backends.verilog.test_stream import STREAMED, cnn
from tests.zoo import zoo

pytest.importorskip("da4ml", reason="da4ml is not installed")

MODES = [(name, "parallel") for name in ("mlp", "residual", "lookup", "mlp_classes", "max_pool_1d", "concat")]
MODES += [
    (name, "stream") for name in ("mlp", "cnn_2d", "cnn_1d", "conv_strides", "conv_padding", "relu", "pad")
]


def clocks(graph: Graph, **settings: object) -> tuple[int, int]:
    """The figures of the manifest."""
    import json

    files = BACKEND.emit(graph, BACKEND.options(settings))
    found = json.loads(files[MANIFEST])
    return found["latency"], found["interval"]


@pytest.mark.parametrize(("name", "mode"), [pair for pair in MODES if pair[0] in zoo()])
def test_clocks_are_those_of_the_manifest(name: str, mode: str) -> None:
    graph = zoo()[name]
    assert mode == "parallel" or name in STREAMED
    made = count(prepare(graph), BACKEND.options({"mode": mode}), ECP5)
    assert (made.latency, made.interval) == clocks(graph, mode=mode)


@pytest.mark.parametrize("reuse", [2, 8, None])
def test_clocks_of_a_folded_network_and_the_order_of_its_layers(reuse: int | None) -> None:
    graph = cnn(8)
    settings = {"mode": "stream", **({} if reuse is None else {"reuse_factor": reuse})}
    made = count(prepare(graph), BACKEND.options(settings), ECP5)
    assert (made.latency, made.interval) == clocks(graph, **settings)
    starts = [piece.start for piece in made.pieces if piece.op]
    assert starts == sorted(starts, key=lambda start: start or 0)
    last = max((piece.start or 0) + (piece.cycles or 0) for piece in made.pieces)
    assert last == made.latency


@pytest.mark.parametrize("reuse", [4, 8])
def test_folded_layers_hand_over_one_sample_whatever_follows_it(reuse: int) -> None:
    """A folded layer gives its result in one beat, so the next one starts when it ends."""
    made = count(zoo()["mlp"], BACKEND.options({"mode": "stream", "reuse_factor": reuse}), ECP5)
    *layers, frame = [(piece.start or 0, piece.cycles or 0) for piece in made.pieces]
    for (start, cycles), (after, _) in pairwise(layers):
        assert start + cycles == after
    assert sum(layers[-1]) == made.latency > made.interval  # samples do follow before the first is out
    assert frame == (0, made.latency)


def test_an_estimate_has_intervals_where_it_guesses_and_none_where_it_knows() -> None:
    found = estimate(small(), boards.load("ulx3s-85f"), "verilog")
    assert found.source == "estimate" and found.graph == small().digest
    for figure in (found.total.lut, found.total.ff):
        assert figure is not None and figure.low is not None and figure.high is not None
        assert figure.low < figure.value < figure.high
    assert found.cycles is not None and found.cycles.low is None
    assert found.ii is not None and found.ii.value == 1
    assert [layer.layer for layer in found.layers if layer.op] == ["fc", "act"]
    assert any("proven" in note for note in found.notes) and any("median" in note for note in found.notes)


def test_shares_of_layers_sum_to_the_total() -> None:
    found = estimate(cnn(6), boards.load("ulx3s-85f"), "verilog", {"mode": "stream"})
    for kind in ("lut", "ff", "dsp", "bram"):
        parts = [getattr(layer.usage, kind).value for layer in found.layers]
        assert sum(parts) == pytest.approx(getattr(found.total, kind).value, abs=len(parts))


def test_a_tool_that_was_not_measured_borrows_and_says_so() -> None:
    open_flow = estimate(small(), boards.load("pynq-z2"), "verilog", tool="yosys")
    vendor = estimate(small(), boards.load("pynq-z2"), "verilog")
    assert any("no vivado to measure with" in note for note in vendor.notes)
    assert not any("to measure with" in note for note in open_flow.notes)
    wide, narrow = vendor.total.lut, open_flow.total.lut
    assert wide is not None and narrow is not None
    assert (wide.high or 0) / wide.value > (narrow.high or 0) / narrow.value


def test_every_board_has_a_family_and_an_estimate() -> None:
    for name in boards.names():
        board = boards.load(name)
        assert fabric(board).dsp_bits == board.resources.dsp_bits
        found = estimate(small(), board, "verilog")
        assert found.total.lut is not None and found.total.lut.value > 0


def test_what_cannot_be_emitted_is_not_estimated() -> None:
    with pytest.raises(EdgemlError, match="verilog cannot express"):
        estimate(zoo()["transpose"], boards.load("ulx3s-85f"), "verilog", {"mode": "stream"})


def test_cycles_are_counted_in_the_clock_that_the_board_runs_at() -> None:
    vendor, open_flow = boards.load("pynq-z2"), boards.load("ulx3s-85f")
    for options, expected in (
        ({}, 100.0),
        ({"clock_mhz": 150}, 150.0),
        ({"adders_per_stage": 2}, vendor.clock_mhz),
        ({"adders_per_stage": 2, "clock_mhz": 150}, 150.0),
    ):
        assert estimate(zoo()["mlp"], vendor, "verilog", options).clock_mhz == expected, options
        assert estimate(zoo()["mlp"], open_flow, "verilog", options).clock_mhz == open_flow.clock_mhz
