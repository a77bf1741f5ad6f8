"""Layouts of our own Verilog: pieces add up to the whole; the search finds what trying everything finds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import pytest

from edgeml import boards
from edgeml.backends.verilog import BACKEND
from edgeml.backends.verilog.options import VerilogOptions, parse_options
from edgeml.backends.verilog.stream.factors import choices
from edgeml.boards import Board
from edgeml.errors import EdgemlError
from edgeml.estimate import Goal, estimate, hint, preflight
from edgeml.estimate.count import total
from edgeml.estimate.verdict import needs
from edgeml.estimate.verilog import layouts
from edgeml.estimate.verilog import preflight as preflight_verilog
from edgeml.estimate.verilog.chosen import BoardShare, VerilogLayout
from edgeml.estimate.verilog.counting import count
from edgeml.estimate.verilog.layouts import START, LayoutStep, LayoutSteps, Place
from edgeml.estimate.verilog.preflight import solver
from edgeml.families.ecp5 import FABRIC as ECP5
from edgeml.figures import Figure, Hardware
from edgeml.fits import certain, worst
from edgeml.ir import Builder, Graph
from tests.backends.verilog.test_stream import cnn
from tests.estimate.inputs import given
from tests.estimate.test_preflight import shrunk
from tests.zoo import dense, fixed, zoo

pytest.importorskip("da4ml", reason="da4ml is not installed")

BOARD = boards.load("ulx3s-85f")
STREAM = BACKEND.options({"mode": "stream"})


def uneven() -> Graph:
    """Activations whose bounds differ by element."""
    build = Builder("uneven")
    x = build.input((6,), fixed(5, 1))
    x = build.cast(dense(build, x, "fc1", 6, fixed(3, 1), fixed(6, 4), 501), fixed(9, 5), name="act1")
    x = build.cast(dense(build, x, "fc2", 4, fixed(3, 1), fixed(6, 4), 503), fixed(12, 8), name="act2")
    return build.graph(dense(build, x, "fc3", 3, fixed(4, 1), fixed(4, 1), 505))


def paths(layouts: LayoutSteps, place: Place | None = START) -> Iterator[tuple[LayoutStep, ...]]:
    """All designs."""
    if place is None:
        yield ()
        return
    for step in layouts.steps[place]:
        for rest in paths(layouts, step.after):
            yield (step, *rest)


def named(path: tuple[LayoutStep, ...]) -> dict[str, int]:
    """Its factors."""
    return {layer: factor for step in path for layer, factor in step.chosen}


@pytest.mark.parametrize(
    "graph", [zoo()["mlp_classes"], uneven(), cnn(6), zoo()["conv_strides"]], ids=lambda graph: graph.name
)
def test_pieces_add_up_to_the_whole(graph: Graph) -> None:
    layouts = LayoutSteps(graph, STREAM, ECP5)
    found = list(paths(layouts))
    assert layouts.complete and found
    for path in found:
        settings = {"mode": "stream", **({"reuse_factor": named(path)} if named(path) else {})}
        whole = count(graph, BACKEND.options(settings), ECP5)
        assert sum(step.latency for step in path) == whole.latency, named(path)
        assert max(step.interval for step in path) == whole.interval, named(path)
        assert path[0].ports == whole.ports
        summed, counted = total(s.count for s in path), total(piece.count for piece in whole.pieces)
        assert vars(summed) == pytest.approx(vars(counted)), named(path)


def test_every_factor_is_there() -> None:
    graph = zoo()["mlp"]
    found = {tuple(named(path).values()) for path in paths(LayoutSteps(graph, STREAM, ECP5))}
    assert found == set(product(choices(16, 1), choices(12, 1), choices(8, 1)))


def test_what_is_given_stays_as_it_is() -> None:
    def factors(reuse: object) -> set[tuple[int, ...]]:
        options = BACKEND.options({"reuse_factor": reuse})
        return {tuple(named(path).values()) for path in paths(LayoutSteps(zoo()["mlp"], options, ECP5))}

    assert factors(4) == {(4, 4, 4)}
    assert factors({"fc2": 3, "fc3": 1}) == {(n, 3, 1) for n in choices(16, 1)}
    limited = BACKEND.options({"unroll_limit": 50, "mode": "stream"})
    layouts = LayoutSteps(zoo()["mlp"], limited, ECP5)
    assert all(step.unrolled <= 50 for steps in layouts.steps.values() for step in steps)


def everything(
    graph: Graph, board: Board, sizes: dict[str, int]
) -> Iterator[tuple[dict[str, int], Hardware]]:
    """All layouts with their estimates, tried one by one."""
    yield {}, estimate(graph, board, "verilog", {"mode": "parallel"})
    for chosen in product(*(choices(size, 1) for size in sizes.values())):
        if max(chosen) > 1:
            reuse = dict(zip(sizes, chosen, strict=True))
            settings = {"mode": "stream", "reuse_factor": reuse}
            yield reuse, estimate(graph, board, "verilog", settings)


def area(found: Hardware, board: Board) -> float:
    """The sum of the shares."""
    return sum(need.figure.value / need.capacity for need in needs(found, board))


GOALS = (
    ({"lut": 9500, "dsp": 60}, (Goal(fit=True), Goal(fit=True, ii=6), Goal(fit=True, max_latency=40))),
    ({"dsp": 2000}, (Goal(ii=1), Goal(ii=3), Goal(ii=16), Goal(max_latency=20), Goal(max_latency=45, ii=8))),
)


@pytest.mark.slow
def test_the_search_finds_what_trying_everything_finds() -> None:
    graph = zoo()["mlp"]
    chosen_ones: set[tuple[int, ...]] = set()
    for resources, goals in GOALS:
        board = shrunk("ulx3s-85f", **resources)
        tried = list(everything(graph, board, {"fc1": 16, "fc2": 12, "fc3": 8}))
        search = solver(given(graph, board, VerilogOptions()))
        for goal in goals:
            rows = [
                (latency, interval, area(found, board), chosen)
                for chosen, found in tried
                if (latency := clocks(found.cycles)) <= (goal.max_latency or 1000)
                and (interval := clocks(found.ii)) <= (goal.ii or 1000)
                and (not goal.fit or certain(worst(needs(found, board))))
            ]
            by_latency = goal == Goal(fit=True)
            wanted = min(rows, key=lambda row: (row[0], row[2]) if by_latency else (row[2], row[0]))
            best = search.best(goal)
            assert best.proven and best.by_layer == wanted[3], goal
            assert (best.latency, best.interval) == wanted[:2]
            assert best.share.area == pytest.approx(wanted[2])
            chosen_ones.add(tuple(best.by_layer.values()))
    assert len(chosen_ones) >= 3 and () in chosen_ones  # the goals differ in what they lead to


def clocks(figure: Figure | None) -> int:
    """A figure that is exact."""
    assert figure is not None and figure.low is None
    return int(figure.value)


def test_what_cannot_be_met_says_the_best_that_can_be_reached() -> None:
    graph = zoo()["mlp"]
    with pytest.raises(EdgemlError, match=r"latency of 2 clocks \(alone at least \d+\)") as caught:
        solver(given(graph, BOARD, VerilogOptions())).best(Goal(max_latency=2))
    least = preflight(graph, BOARD, "verilog", {"mode": "parallel"}).estimate.cycles
    assert least is not None and f"at least {least.value:g})" in caught.value.what
    small = shrunk("ulx3s-85f", lut=500)
    with pytest.raises(
        EdgemlError,
        match=r"the board \(at least \d+% of its LUT, \d+% of the network's in \w+, .* mode stream",
    ):
        solver(given(graph, small, VerilogOptions())).best(Goal(fit=True))
    with pytest.raises(
        EdgemlError, match=r"at least \d+% of its LUT, \d+% of the network's in \w+, .* mode parallel"
    ):
        solver(given(graph, small, VerilogOptions(mode="parallel"))).best(Goal(fit=True))
    least = solver(given(graph, shrunk("ulx3s-85f", lut=9000), VerilogOptions())).best(Goal(), "worst")
    assert least.share.kind == "lut"
    tight = shrunk("ulx3s-85f", lut=int(9000 * least.share.worst) - 1)  # a LUT less than may be needed
    with pytest.raises(EdgemlError, match=r"at least 100% of its LUT") as caught:
        solver(given(graph, tight, VerilogOptions())).best(Goal(fit=True))
    assert "it may still fit: try --set verilog.mode=stream --set verilog.reuse_factor" in caught.value.hint
    with pytest.raises(EdgemlError, match=r"interval of 2 clocks \(alone at least 4\)"):
        solver(given(graph, BOARD, VerilogOptions(reuse_factor=4))).best(Goal(ii=2))
    with pytest.raises(EdgemlError, match="verilog cannot express this transpose: it reorders a stream"):
        solver(given(zoo()["transpose"], BOARD, STREAM))


def test_the_preflight_goes_on_with_what_was_found() -> None:
    goal = Goal(ii=8, fit=True)
    told = preflight(zoo()["mlp"], shrunk("ulx3s-85f", lut=9000), "verilog", {}, goal)
    assert isinstance(told.solution, VerilogLayout) and certain(told.state)
    assert told.estimate.cycles is not None and told.estimate.cycles.value == told.solution.latency
    assert told.estimate.ii is not None and told.estimate.ii.value == told.solution.interval <= 8
    (line,) = (line for line in told.lines() if line.startswith("reuse factors"))
    assert (
        "the best of all valid ones" in line and f"mode stream, fc1 {told.solution.by_layer['fc1']}" in line
    )
    assert any(line.startswith("limits: ") for line in told.lines())


def test_a_graph_that_cannot_be_streamed_has_one_layout() -> None:
    best = solver(given(zoo()["residual"], BOARD, VerilogOptions())).best(Goal(ii=1))
    assert (best.mode, best.by_layer, best.settings()) == ("parallel", {}, {"mode": "parallel"})


def test_the_hint_names_flags_that_fold() -> None:
    graph = zoo()["mlp"]
    lut = preflight(graph, BOARD).needs[0].figure.value
    board = shrunk("ulx3s-85f", lut=int(lut / 0.45))
    line = hint(graph, board, None, None, preflight(graph, board))
    assert re.match(
        r"placing and routing 4[45]% of the chip takes long; --set verilog.mode=stream --set ", line
    )
    assert "would fold it: " in line and "LUT of " in line and "clocks, a sample every" in line
    assert hint(graph, BOARD, None, None, preflight(graph, BOARD)) == ""
    vendors = shrunk("pynq-z2", lut=10_000)
    assert hint(graph, vendors, None, None, preflight(graph, vendors)) == ""


def test_the_hint_for_what_cannot_be_folded_says_so_much_only() -> None:
    graph = zoo()["residual"]
    lut = preflight(graph, BOARD).needs[0].figure.value
    board = shrunk("ulx3s-85f", lut=int(2 * lut))
    line = hint(graph, board, None, None, preflight(graph, board))
    assert line == "placing and routing 50% of the chip takes long"


def test_flags_are_what_set_takes() -> None:
    share = BoardShare(True, True, 0.1, 0.1, 0.1, "lut")
    layout = VerilogLayout("stream", {"fc1": 4, "fc2": 2}, 10, 4, share)
    assert layout.flags().split(" --set ")[1:] == ["verilog.reuse_factor.fc1=4", "verilog.reuse_factor.fc2=2"]
    even = VerilogLayout("stream", {"fc1": 4, "fc2": 4}, 10, 4, share)
    assert even.flags() == "--set verilog.mode=stream --set verilog.reuse_factor=4"
    paired = VerilogLayout("stream", {"fc1": 4}, 10, 4, share, pair_bits=25)
    assert paired.flags().endswith(" --set verilog.pair_bits=25")
    assert paired.text() == "mode stream, fc1 4, two products in a multiplier of 25 bits"
    assert parse_options(paired.settings()).pair_bits == 25


def test_two_products_share_a_block_where_blocks_are_scarce() -> None:
    graph = zoo()["mlp"]
    for resources, latency in (({"lut": 7000, "dsp": 48}, 14), ({"lut": 3400, "dsp": 14}, 0)):
        board = shrunk("pynq-z2", **resources)
        goal = Goal(fit=True)
        try:
            alone = preflight(graph, board, "verilog", {"pair_bits": 0}, goal).solution
        except EdgemlError:
            alone = None
        assert (alone.latency if isinstance(alone, VerilogLayout) else 0) == latency
        both = preflight(graph, board, "verilog", {}, goal)
        assert isinstance(both.solution, VerilogLayout) and both.solution.pair_bits == 25
        assert not latency or both.solution.latency < latency
        assert "pairs in 25 bits" in both.estimate.settings and certain(both.state)
    roomy = preflight(graph, boards.load("pynq-z2"), "verilog", {}, Goal(fit=True)).solution
    assert isinstance(roomy, VerilogLayout) and roomy.pair_bits == 0


def test_large_layers_are_not_tried_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = zoo()["mlp"]
    free = LayoutSteps(graph, STREAM, ECP5)
    assert any(step.chosen[:1] == (("fc1", 1),) for step in free.steps[START])
    for module in (layouts, preflight_verilog):
        monkeypatch.setattr(module, "SIDE_BY_SIDE", 150)  # fc1 has more operations
    limited = LayoutSteps(graph, STREAM, ECP5)
    assert all(dict(step.chosen).get("fc1", 2) > 1 for step in limited.steps[START])
    assert {named(path)["fc2"] for path in paths(limited)} == set(choices(12, 1))
    given = LayoutSteps(graph, BACKEND.options({"mode": "stream", "reuse_factor": {"fc1": 1}}), ECP5)
    assert {named(path)["fc1"] for path in paths(given)} == {1}
    told = preflight(graph, BOARD, "verilog", {"mode": "stream"}, Goal(ii=4))
    assert any("not tried with 1: fc1 (over 150 operations)" in line for line in told.lines())
