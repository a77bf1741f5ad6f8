"""hls4ml layers against counts by hand, and the search for reuse factors against trying all."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml import boards, fits
from edgeml.backends.hls4ml.layer import Hls4mlLayer, LayerConstant, Precision
from edgeml.backends.hls4ml.options import Hls4mlOptions, parse_options
from edgeml.backends.hls4ml.reuse import Parallelism, choose, valid_factors
from edgeml.boards import Board
from edgeml.errors import EdgemlError
from edgeml.estimate import Goal, estimate, preflight, record
from edgeml.estimate.count import total
from edgeml.estimate.hls4ml.layer import LayerSite, clocks, dense_cost, digits, fifo, in_block
from edgeml.estimate.hls4ml.model import (
    FAMILY,
    FOLDED,
    PARALLEL,
    PlannedProject,
    calibrated,
    figures,
)
from edgeml.estimate.hls4ml.solve import ReuseSolution, shares, solve
from edgeml.estimate.ledger import EMPTY, Ledger
from edgeml.families import fabric
from edgeml.families.xilinx7 import VIVADO as AMD
from edgeml.figures import Figure, Hardware, Usage
from edgeml.fixed import FixedType, IntArray
from edgeml.ir import Builder, Graph
from tests.backends.verilog.test_stream import cnn
from tests.estimate.inputs import given
from tests.zoo import dense, fixed, ufixed, zoo

SITE = LayerSite(AMD, 10.0, False, FixedType(False, 8, 0))
SMALL = boards.load("cora-z7")


def layer(codes: IntArray, weight: int = 6, accum: int = 16) -> Hls4mlLayer:
    """A dense layer with these weights."""
    type = Precision(FixedType(True, accum, 0))
    held = {"weight": LayerConstant(codes, FixedType(True, weight, 0))}
    return Hls4mlLayer(
        "fc", "Dense", ("x",), type, {}, {"accum": type}, held, products=codes.shape, layer="fc"
    )  # type: ignore[arg-type]


def mlp(name: str = "three", sizes: tuple[int, ...] = (16, 12, 8, 4)) -> Graph:
    """Dense layers and casts."""
    build = Builder(name)
    x = build.input((sizes[0],), ufixed(8, 0))
    for position, units in enumerate(sizes[1:], start=1):
        x = dense(build, x, f"fc{position}", units, fixed(6, 1), fixed(6, 1), 10 * position)
        if position < len(sizes) - 1:
            x = build.cast(x, ufixed(6, 2), name=f"act{position}")
    return build.graph(x)


def shrunk(name: str, **resources: int) -> Board:
    """A board with less in it."""
    board = boards.load(name)
    return board.model_copy(update={"resources": board.resources.model_copy(update=resources)})


def planned(graph: Graph, board: str = "pynq-z2", **settings: object) -> PlannedProject:
    """A graph planned for a board."""
    return PlannedProject(given(graph, boards.load(board), parse_options(settings)))


def test_zeros_cost_nothing_and_powers_of_two_only_their_addition() -> None:
    latency = Parallelism("latency", 1)
    nothing = dense_cost(layer(np.zeros((4, 2), np.int64)), latency, SITE).count
    assert nothing.chain == 0 and nothing.dsp == 0
    powers = dense_cost(layer(np.array([[1, 2], [4, -8]])), latency, SITE).count
    assert powers.chain == 4 * 16  # two terms and the bias per output: two additions of 16 bits
    threes = dense_cost(layer(np.array([[3, 3], [3, 3]])), latency, SITE).count
    assert threes.chain == powers.chain + 4 * 9  # 3 x = x + 2 x, nine bits each


_LAST_LAYER = np.fromstring(
    """
    347 406 1362 -2189 470 -673 -477 129 -100 21 112 -270 302 304 -24 220 -91 112 111 -645 209 -42 -40
    122 325 65 16 -351 236 -146 -27 -21 187 84 153 -212 308 48 22 295 761 370 -32 422 -1220 -482 -243
    130 729 -151 -113 -27 237 -101 187 223 14 248 -84 -72 118 29 -678 -882 1322 -300 355 157 -248 -2 116
    -42 -338 94 -562 -200 197 -272 271 278 -91 5 -7 -98 -264 206 -64 45 93 25 428 321 -1461 223 -21 167
    184 52 87 -80 381 -173 -12 -21 -216 -162 206 669 137 -534 65 -116 339 -32 67 346 461 -953 556 -227
    98 173 -836 701 -459 -172 -237 -12 61 307 -200 47 -321 -57 -215 -9 134 135 121 -320 -324 -157 -79
    -277 88 -233 260 11 118 -188 -54 128 197 -256 152 -307 -77 -254 -151 280
    """,
    np.int64,
    sep=" ",
)


@pytest.mark.parametrize(
    ("act", "weight", "expected"),
    [(16, 8, True), (16, 6, False), (6, 6, False), (8, 8, False), (18, 16, True)],
)
def test_products_take_blocks_as_published_designs_do(act: int, weight: int, expected: bool) -> None:
    assert in_block(weight, LayerSite(AMD, 5.0, False, FixedType(True, act, 0))) is expected


def test_the_resource_strategy_has_as_many_multipliers_as_are_left_and_counts_to_the_reuse_factor() -> None:
    site = LayerSite(AMD, 5.0, False, FixedType(True, 16, 0))
    made = dense_cost(layer(np.ones((104, 64), np.int64), 16), Parallelism("resource", 832), site)
    assert made.count.dsp == 104 * 64 / 832 == 8
    assert made.interval == 832 and made.depth == 833


def test_one_long_adder_tree_takes_more_clocks_than_a_short_one() -> None:
    assert clocks(1, SITE) == 1 and clocks(40, SITE) == math.ceil(40 * 1.4 / 7.3)
    assert clocks(40, replace(SITE, vitis=False)) == math.ceil(40 * 1.4 / 8.75)


def test_digits_of_the_non_adjacent_form() -> None:
    for code in range(-300, 300):
        rest, count = abs(code), 0
        while rest:
            if rest & 1:
                rest -= 2 - (rest & 3)
                count += 1
            rest >>= 1
        assert digits(np.array([code]))[0] == count


def test_a_short_fifo_is_shift_registers_and_a_long_one_block_ram() -> None:
    assert fifo(16, 1, 16, SITE).bram == 0
    assert fifo(676, 1, 16, SITE).bram == 0.5


def test_fifos_take_the_block_ram_that_published_streams_take() -> None:
    vivado = replace(SITE, vitis=False)
    # An encoder of 28 bits (depth, channels): Vivado 2020.1 reports 33 blocks of 18 kbit.
    queues = [(64, 8), (64, 8), (68, 8), (67, 8), (32, 4), (35, 4), (16, 4), (1, 16)]
    assert sum(fifo(depth, channels, 28, vivado).bram for depth, channels in queues) == 32 / 2
    assert fifo(66, 1, 16, vivado).bram == 1 / 2  # the padded input
    # Activity recognition with Vitis HLS 2024.1, whose FIFOs are packed: ten blocks of 36 kbit.
    assert sum(fifo(d, c, 16, SITE).bram for d, c in [(128, 16), (128, 16), (130, 9), (1, 16), (1, 6)]) == 10
    # The padded stream is wider than one block with Vivado HLS: one for each channel.
    assert fifo(130, 9, 16, vivado).bram == 9 / 2


def test_a_product_of_a_wide_input_is_added_up_in_tables() -> None:
    codes, latency = np.full((4, 2), 1237), Parallelism("latency", 1)
    narrow = dense_cost(layer(codes, 12), latency, LayerSite(AMD, 10.0, True, FixedType(True, 16, 0)))
    wide = dense_cost(layer(codes, 12), latency, LayerSite(AMD, 10.0, True, FixedType(True, 28, 0)))
    assert narrow.count.dsp == 8 and wide.count.dsp == 0 and wide.count.soft == 8
    reusing = dense_cost(
        layer(codes, 12), Parallelism("resource", 4), LayerSite(AMD, 10.0, True, FixedType(True, 28, 0))
    )
    assert reusing.count.dsp == 2 * math.ceil(28 / 25)  # a product of two variables stays in blocks


def test_numbers_of_outputs_are_in_block_ram_and_weights_in_tables() -> None:
    site = LayerSite(AMD, 5.0, False, FixedType(True, 16, 10))
    codes = np.random.default_rng(0).integers(-2000, 2000, (40, 88))
    # wa-hls4ml, 40-88-112 in 16 bits with a reuse factor of 1,024: one block for both layers.
    made = dense_cost(layer(codes, 16), Parallelism("resource", 880), site).count
    assert made.bram == 0.5 and made.dsp == 4
    assert dense_cost(layer(codes, 16), Parallelism("resource", 40), site).count.bram == 0
    small = dense_cost(layer(np.sign(codes), 16), Parallelism("resource", 880), site).count
    assert small.logic < made.logic  # copies of the sign are no tables


def test_the_last_layer_of_a_published_design_has_its_blocks() -> None:
    """hls4ml's KERAS_3layer, output layer: Vitis HLS 2025.2 reports 129 blocks for its 160 weights.

    Weights from taitashaw/hls4ml-fpga-classifier, my-hls-test/firmware/weights/w8.h, in steps of 2**-10.
    """
    codes = _LAST_LAYER.reshape(32, 5)
    site = LayerSite(fabric(boards.load("zcu104"), "vendor"), 10.0, True, FixedType(True, 16, 10))
    assert dense_cost(layer(codes, 16), Parallelism("latency", 1), site).count.dsp == 129


def test_one_pipeline_if_nothing_is_reused_and_processes_in_turn_otherwise() -> None:
    at = planned(mlp())
    quick = at.model.project(at.ways())
    assert quick.interval == 1
    folded = planned(mlp(), strategy="resource", reuse_factor={"fc1": 16, "fc2": 12, "fc3": 8})
    slow = folded.model.project(folded.ways())
    assert (
        slow.latency == 16 + 12 + 8 + 3 * 2 + 2
    )  # each its factor, its last product, and handing over, casts as well
    assert slow.interval == 16 + 1


@pytest.mark.parametrize(("backend", "clocks_per_pixel"), [("Vivado", 1), ("Vitis", 3)])
def test_a_stream_takes_its_clocks_per_pixel(backend: str, clocks_per_pixel: int) -> None:
    at = planned(cnn(8), io_type="io_stream", strategy="latency", backend=backend)
    project = at.model.project(at.ways())
    assert project.interval == 10 * 10 * clocks_per_pixel  # the padded image
    starts = [item.start for item in project.placed]
    assert starts[0] == 0 and project.latency > project.interval
    assert max(item.start for item in project.placed) < project.latency


@pytest.mark.parametrize("io_type", ["io_parallel", "io_stream"])
@pytest.mark.parametrize("strategy", ["latency", "resource", "distributed_arithmetic"])
def test_every_strategy_has_an_estimate_with_intervals(io_type: str, strategy: str) -> None:
    found = estimate(mlp(), boards.load("pynq-z2"), "hls4ml", {"io_type": io_type, "strategy": strategy})
    for figure in (*found.total.present().values(), found.cycles, found.ii):
        assert figure is not None and figure.low is not None and figure.low <= figure.value
    assert found.total.lut is not None and found.total.lut.value > 0
    assert [item.layer for item in found.layers][:2] == ["fc1", "act1"]


@pytest.mark.parametrize(
    ("settings", "entry"),
    [
        ({"strategy": "resource", "reuse_factor": {"fc1": 48, "fc2": 24, "fc3": 16}}, FOLDED),
        ({"strategy": "resource", "reuse_factor": {"fc1": 16, "fc2": 12, "fc3": 8}}, PARALLEL),
        ({"strategy": "latency", "reuse_factor": 2}, PARALLEL),
        ({"strategy": "latency", "io_type": "io_stream"}, FAMILY),
    ],
)
def test_only_what_the_published_designs_are_like_has_their_interval(
    settings: dict[str, Any], entry: str
) -> None:
    at = planned(mlp(), **settings)
    assert calibrated(at.is_stream, at.ways(), at.plan.layers) == entry


def test_the_notes_name_the_kind_and_what_hls_would_report() -> None:
    known = estimate(mlp(), boards.load("zcu104"), "hls4ml", {"strategy": "latency"})
    assert any(
        note.startswith("Of this kind (io_parallel, latency strategy): ") and " sources" in note
        for note in known.notes
    )
    assert any("HLS's own report would say about" in note for note in known.notes)
    assert any("90th percentile of the factor" in note for note in known.notes)
    unknown = estimate(mlp(), boards.load("zcu104"), "hls4ml", {"strategy": "distributed_arithmetic"})
    assert any(note.startswith("No published design is of this kind") for note in unknown.notes)


def test_what_hls_reports_is_compared_with_what_it_is_expected_to_report(tmp_path: Path) -> None:
    graph, board = mlp(), boards.load("zcu104")
    found: dict[str, float] = {}
    for reached in ("estimated", "synthesized"):
        real = Hardware(
            design="hls4ml",
            graph=graph.digest,
            part=board.part,
            source="vendor",
            reached=reached,  # type: ignore[arg-type]
            alone=True,
            tool="Vitis HLS 2024.1",
            total=Usage(lut=Figure(value=9000), ff=Figure(value=900)),
        )
        entry = record(graph, board, real, {"strategy": "latency"}, Ledger(tmp_path / reached))
        found[reached] = entry.estimated["lut"]
    plain = estimate(graph, board, "hls4ml", {"strategy": "latency"}, ledger=Ledger(tmp_path / "none"))
    assert plain.total.lut is not None and found["synthesized"] == plain.total.lut.value
    assert found["estimated"] > 1.3 * found["synthesized"]


def test_every_graph_that_hls4ml_expresses_is_estimated() -> None:
    for name, graph in zoo().items():
        at = None
        for io_type in ("io_parallel", "io_stream"):
            try:
                at = planned(graph, io_type=io_type)
            except EdgemlError:
                continue
            project = at.model.project(at.ways())
            made = total(item.cost.count for item in project.placed)
            assert made.chain >= 0 and project.latency >= 1 and project.interval >= 1, name


def test_more_reuse_never_takes_more_multipliers_or_fewer_clocks() -> None:
    site = LayerSite(AMD, 5.0, False, FixedType(True, 16, 0))
    codes = np.ones((24, 16), np.int64)
    factors = [factor for factor in valid_factors(24, 16) if factor > 1]
    made = [dense_cost(layer(codes, 16), Parallelism("resource", factor), site) for factor in factors]
    assert [cost.count.dsp for cost in made] == sorted((c.count.dsp for c in made), reverse=True)
    assert [cost.depth for cost in made] == sorted(cost.depth for cost in made)


# ---------------------------------------------------------------- the search


def brute(at: PlannedProject, goal: Goal) -> tuple[float, float] | None:
    """The best score of all combinations of valid reuse factors."""
    layers = [one for one in at.plan.layers if one.products is not None]
    choices = []
    for one in layers:
        assert one.products is not None
        found = [("latency", 1)] if one.products[0] * one.products[1] <= 4096 else []
        choices.append(
            found + [("resource", factor) for factor in valid_factors(*one.products) if factor > 1]
        )
    plain = Parallelism("latency", 1)
    best: tuple[float, float] | None = None
    for combination in itertools.product(*choices):
        ways = {one.name: plain for one in at.plan.layers}
        ways |= {one.name: Parallelism(*way) for one, way in zip(layers, combination, strict=True)}  # type: ignore[arg-type]
        project = at.model.project(ways)
        used = np.sum([shares(item.cost.count, at) for item in project.placed], axis=0)
        if goal.max_latency is not None and project.latency > goal.max_latency:
            continue
        if goal.ii is not None and project.interval > goal.ii:
            continue
        made = figures(at, ways, project)
        if goal.fit and not fits.certain(fits.verdict(made, at.board)):
            continue
        fit_alone = goal.max_latency is None and goal.ii is None
        latency, area = float(project.latency), float(sum(used))
        score = (latency, area) if fit_alone else (area, latency)
        best = score if best is None or score < best else best
    return best


@pytest.mark.parametrize("io_type", ["io_parallel", "io_stream"])
@pytest.mark.parametrize(
    "goal",
    [Goal(max_latency=40), Goal(ii=9), Goal(max_latency=60, ii=33), Goal(fit=True), Goal(ii=60, fit=True)],
    ids=lambda goal: f"{goal.max_latency}-{goal.ii}-{goal.fit}",
)
def test_the_search_finds_what_trying_all_finds(io_type: str, goal: Goal) -> None:
    board = shrunk("cora-z7", lut=2600 if io_type == "io_parallel" else 3500)  # fitting is a limit
    at = PlannedProject(given(mlp("two", (16, 12, 6)), board, parse_options({"io_type": io_type})))
    found = solve(at, goal, EMPTY)
    expected = brute(at, goal)
    assert expected is not None and found.proven
    used = sum(sum(shares(item.cost.count, at)) for item in found.project.placed)
    score = (
        (found.project.latency, used)
        if goal.max_latency is None and goal.ii is None
        else (used, found.project.latency)
    )
    assert score == pytest.approx(expected)


@pytest.mark.parametrize("io_type", ["io_parallel", "io_stream"])
def test_what_fit_chooses_fits_or_says_that_nothing_surely_does(io_type: str, tmp_path: Path) -> None:
    kept = Ledger(tmp_path / "none")
    with pytest.raises(EdgemlError, match="alone at least"):
        preflight(
            mlp(), shrunk("pynq-z2", lut=1500), "hls4ml", {"io_type": io_type}, Goal(fit=True), ledger=kept
        )
    seen: set[str] = set()
    for lut in (
        (3800, 4000, 6000, 9000, 20_000) if io_type == "io_stream" else (2500, 3000, 4000, 6000, 20_000)
    ):
        board = shrunk("pynq-z2", lut=lut)
        told = preflight(mlp(), board, "hls4ml", {"io_type": io_type}, Goal(fit=True), ledger=kept)
        assert isinstance(told.solution, ReuseSolution)
        assert told.solution.certain == (told.state in ("fits", "tight"))
        assert ("no layout surely fits" in told.chosen) == (told.state == "may not fit")
        seen.add(told.state)
    assert seen == {"may not fit", "tight", "fits"}


def test_the_users_own_results_count_in_the_search(tmp_path: Path) -> None:
    board, kept = shrunk("pynq-z2", lut=6000), Ledger(tmp_path / "ledger.jsonl")
    plain = preflight(mlp(), board, "hls4ml", {}, Goal(fit=True), ledger=kept)
    made = estimate(mlp(), board, "hls4ml", {}, ledger=kept).total.lut
    assert made is not None
    for number in range(30):
        real = Hardware(
            design="hls4ml",
            graph=mlp().digest,
            part=f"{board.part}-{number}",
            source="vendor",
            reached="synthesized",
            alone=True,
            tool="Vitis HLS 2024.1",
            total=Usage(lut=Figure(value=round(made.value * (0.49 + 0.001 * number)))),
        )
        record(mlp(), board, real, {}, kept)
    assert len(kept.entries()) == 30
    told = preflight(mlp(), board, "hls4ml", {}, Goal(fit=True), ledger=kept)
    assert told.state in ("fits", "tight") and plain.state in ("fits", "tight")
    assert told.estimate.cycles is not None and plain.estimate.cycles is not None
    assert told.estimate.cycles.value < plain.estimate.cycles.value  # it takes half, so less has to be folded


def test_what_was_found_is_what_the_back_end_takes() -> None:
    at = planned(mlp())
    found = solve(at, Goal(max_latency=50), EMPTY)
    options = at.options.model_copy(update=found.settings())
    again = choose(at.plan.layers, Hls4mlOptions(**options.model_dump()))
    assert all(again[name] == way for name, way in found.ways.items() if way.reuse_factor > 1)
    assert found.project.latency <= 50


def test_a_fixed_reuse_factor_stays() -> None:
    at = planned(mlp(), reuse_factor={"fc2": 6}, strategy="resource")
    assert solve(at, Goal(max_latency=80), EMPTY).by_layer["fc2"].reuse_factor == 6


def test_a_goal_that_cannot_be_met_is_refused_with_what_can() -> None:
    with pytest.raises(EdgemlError, match=r"a latency of 1 clocks \(alone at least \d+\)"):
        preflight(mlp(), boards.load("pynq-z2"), "hls4ml", {}, Goal(max_latency=1))


def test_a_board_that_is_too_small_is_refused_with_the_nearest_that_is_not() -> None:
    board = shrunk("cora-z7", lut=300)
    with pytest.raises(
        EdgemlError, match=r"alone at least \d+% of its LUT, \d+% of the network's in fc1"
    ) as caught:
        preflight(mlp(), board, "hls4ml", {}, Goal(fit=True))
    named = re.match(
        r"take (\S+), the smallest larger board that holds it by estimate; or ", caught.value.hint
    )
    assert named is not None
    assert preflight(mlp(), boards.load(named[1]), "hls4ml", {}, Goal(fit=True)).state in ("fits", "tight")
    smaller = [
        other
        for other in (boards.load(name) for name in boards.names())
        if other.hls4ml is not None and 300 < other.resources.lut < boards.load(named[1]).resources.lut
    ]
    for other in smaller:
        told = preflight(mlp(), other, "hls4ml", {}, Goal(fit=True))
        assert told.state not in ("fits", "tight"), other.name
    stated = {"backend": "Quartus"}
    with pytest.raises(EdgemlError, match="alone at least") as caught:
        preflight(mlp(), shrunk("arria10", lut=300), "hls4ml", stated, Goal(fit=True))
    named = re.match(r"take (\S+), ", caught.value.hint)
    assert named is not None and named[1] == "arria10", "Vivado boards with fewer LUTs are no others"


def test_a_board_that_is_too_small_at_so_few_clocks_is_refused_with_those_that_it_takes() -> None:
    board = shrunk("pynq-z2", lut=4000)
    alone = preflight(mlp(), board, "hls4ml", {}, Goal(fit=True)).estimate.cycles
    assert alone is not None
    with pytest.raises(
        EdgemlError, match=rf"fitting pynq-z2 \(alone in {alone.value:.0f} clocks, "
    ) as caught:
        preflight(mlp(), board, "hls4ml", {}, Goal(fit=True, max_latency=12))
    assert caught.value.hint.startswith("allow more clocks")


def test_a_preflight_of_a_project_that_does_not_fit_names_the_nearest_board() -> None:
    told = preflight(mlp(), shrunk("cora-z7", lut=300), "hls4ml")
    assert told.state == "does not fit"
    assert any(re.match("take .*, the smallest larger board", remedy) for remedy in told.remedies)


def test_a_board_without_an_hls_tool_is_refused() -> None:
    with pytest.raises(EdgemlError, match="no back end for ULX3S"):
        estimate(mlp(), boards.load("ulx3s-85f"), "hls4ml")


def test_faster_chips_chain_more_adders() -> None:
    slow, fast = fabric(boards.load("pynq-z2"), "vendor"), fabric(boards.load("alveo-u250"), "vendor")
    assert fast.adder_ns < slow.adder_ns
