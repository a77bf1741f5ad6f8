"""Streams that branch and meet, and layers folded over inputs and outputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml.backends.verilog import BACKEND
from edgeml.backends.verilog.manifest import MANIFEST
from edgeml.backends.verilog.runner import Simulation
from edgeml.backends.verilog.stream import folded, pace, timing
from edgeml.backends.verilog.stream.network import Fork, Join, Placed, proven_free, trace
from edgeml.backends.verilog.stream.plan import plan
from edgeml.backends.verilog.stream.segments import (
    KernelSegment,
    ProductSegment,
    QueueSegment,
    ReduceSegment,
)
from edgeml.backends.verilog.stream.top import kernel_latencies
from edgeml.backends.verilog.stream.wiring import depths, wired
from edgeml.errors import EdgemlError
from edgeml.ir import Graph, evaluate_codes
from edgeml.passes import prepare
from tests.backends.verilog import branches
from tests.backends.verilog.samples import assert_exact, emitted
from tests.backends.verilog.test_stream import simulated
from tests.zoo import codes

pytest.importorskip("da4ml", reason="da4ml is not installed")

FOLDED = {
    "residual": {"stem": 3, "a1": 36, "a2": 72, "b1": 12, "b2": 144, "b3": 8, "logits": 40},
    "inception": {"one": 6, "three": 9, "last": 2},
    "separable": {"stem": 36, "dw0": 9, "pw0": 12, "dw1": 54, "pw1": 6, "logits": 24},
    "autoencoder": {"down": 96, "middle": 144, "up": 72},
}
GRAPHS = {
    "residual": branches.residual,
    "inception": branches.inception,
    "separable": branches.separable,
    "autoencoder": branches.autoencoder,
}


def around_long_path(words: int, pipe: int = 6) -> list[Placed]:
    """A fork, a FIFO beside a window of three rows of four and a pipeline, and a join."""
    long = [timing.Window((6, 4), (3, 3), (1, 1), ((1, 1), (1, 1))), timing.Pipe(pipe), timing.Skid()]
    return [
        Placed(timing.Skid(), (0,), (1,)),
        Placed(Fork(2), (1,), (2, 3)),
        *(Placed(part, (at,), (to,)) for part, at, to in zip(long, (2, 4, 5), (4, 5, 6), strict=True)),
        Placed(timing.Fifo(words), (3,), (7,)),
        Placed(Join(), (6, 7), (8,)),
        Placed(timing.Skid(), (8,), (9,)),
    ]


def test_a_fifo_that_holds_too_little_is_no_proof() -> None:
    """A window of three rows needs five pixels before its first result: one row and one pixel."""
    proven = [words for words in range(1, 9) if proven_free(around_long_path(words), 24, 24)]
    assert proven == list(range(min(proven), 9)), "more words never do harm"
    assert 3 <= min(proven) <= 6, "a row and a pixel wait, less what the other parts hold"


def test_the_proof_does_not_count_on_the_pipeline() -> None:
    assert [proven_free(around_long_path(4, pipe), 24, 24) for pipe in (1, 30)] == [
        proven_free(around_long_path(4, 1), 24, 24)
    ] * 2


@pytest.mark.parametrize("name", GRAPHS)
def test_queues_hold_what_waits_at_full_speed(name: str) -> None:
    layout = plan(prepare(GRAPHS[name]()), FOLDED[name])
    latencies = kernel_latencies(layout, 4.0)
    found = depths(layout, latencies)
    assert set(found) == {i for i, one in enumerate(layout.segments) if isinstance(one, QueueSegment)}
    counts = layout.source.count, layout.sink.count
    free = trace(wired(layout, latencies, {}).network, *counts).ends
    sized = wired(layout, latencies, {place: 1 << bits for place, bits in found.items()})
    assert trace(sized.network, *counts).ends == free, "no FIFO slows the design down"


def test_the_mean_of_a_whole_map_is_summed_up() -> None:
    layout = plan(prepare(branches.residual()), None)
    (reduce,) = [one for one in layout.segments if isinstance(one, ReduceSegment)]
    assert (reduce.node, reduce.source.count, reduce.sink.count) == ("mean", 16, 1)
    joins = [one for one in layout.segments if isinstance(one, KernelSegment) and len(one.kernel.starts) > 1]
    assert len(joins) == 2


def products(graph: Graph, factors: dict[str, int]) -> dict[str, ProductSegment]:
    layout = plan(prepare(graph), factors)
    return {one.node: one for one in layout.segments if isinstance(one, ProductSegment)}


@pytest.mark.parametrize(
    ("factor", "beats", "lanes", "passes", "multipliers"),
    [(2, 2, 18, 1, 72), (36, 36, 1, 1, 4), (72, 36, 1, 2, 2), (100, 36, 1, 2, 2), (144, 36, 1, 4, 1)],
)
def test_inputs_are_folded_first_then_outputs(
    factor: int, beats: int, lanes: int, passes: int, multipliers: int
) -> None:
    (found,) = products(branches.residual(), {"a1": factor}).values()
    assert (found.beats, found.lanes, found.passes, found.multipliers) == (beats, lanes, passes, multipliers)


def test_factors_that_a_layer_cannot_have_are_refused() -> None:
    with pytest.raises(EdgemlError, match=r"dw0: cannot be done in 4 clocks per pixel: .* 9 taps") as refused:
        products(branches.separable(), {"dw0": 4})
    assert "9 or more" in refused.value.hint
    assert products(branches.separable(), {"dw0": 9})["dw0.conv"].multipliers == 4
    with pytest.raises(EdgemlError, match=r"unknown layer 'dw7' or it is no dense layer or convolution"):
        BACKEND.emit(branches.separable(), BACKEND.options({"reuse_factor": {"dw7": 9}}))


def test_a_pace_is_kept_with_few_multipliers() -> None:
    def built(**settings: object) -> dict[str, Any]:
        options = BACKEND.options({"mode": "stream", **settings})
        return json.loads(BACKEND.emit(branches.residual(), options)[MANIFEST])

    for clocks in (200, 700):
        found = built(clocks_per_sample=clocks)
        assert found["interval"] <= 1.1 * clocks + 20, "windows and products overlap but for a few clocks"
        table = found["reuse_factor"]
        assert table == pace.at_pace(prepare(branches.residual()), clocks)
    with pytest.raises(EdgemlError, match="mode=parallel folds nothing"):
        BACKEND.options({"mode": "parallel", "clocks_per_sample": 100})
    small = built(clocks_per_sample=700, reuse_factor={"a1": 36})["reuse_factor"]
    assert isinstance(small, dict) and small["a1"] == 36, "a factor that is named stays"


def test_what_is_too_large_side_by_side_is_folded() -> None:
    options = BACKEND.options({"mode": "stream", "unroll_limit": 300})
    found = json.loads(BACKEND.emit(branches.residual(), options)[MANIFEST])
    assert pace.multipliers(prepare(branches.residual()), found["reuse_factor"]) <= 256
    assert (
        json.loads(BACKEND.emit(branches.residual(), BACKEND.options({"mode": "stream"}))[MANIFEST])[
            "reuse_factor"
        ]
        is None
    )


def test_choices_divide_the_work() -> None:
    size = folded.ProductSize(6, 4, depthwise=False)
    assert size.choices() == (1, 2, 3, 6, 12, 24)
    assert folded.ProductSize(9, 4, depthwise=True).choices() == (1, 9, 18, 36)
    for factor in range(2, 30):
        split = size.split(factor)
        assert split is not None and split.clocks == max(n for n in size.choices() if n <= factor)


class TestSimulated:
    """Under Verilator, with stalls and back-pressure."""

    pytestmark = simulated

    @pytest.mark.slow
    @pytest.mark.parametrize("name", GRAPHS)
    def test_side_by_side_is_exact(self, name: str, tmp_path: Path) -> None:
        graph = GRAPHS[name]()
        emitted(graph, tmp_path, mode="stream")
        assert_exact(graph, tmp_path, codes(graph, 30), Simulation(seed=len(name)))

    @pytest.mark.slow
    @pytest.mark.parametrize("name", GRAPHS)
    def test_folded_is_exact(self, name: str, tmp_path: Path) -> None:
        graph = GRAPHS[name]()
        emitted(graph, tmp_path, mode="stream", reuse_factor=FOLDED[name])
        assert_exact(graph, tmp_path, codes(graph, 20), Simulation(seed=len(name)))

    @pytest.mark.slow
    def test_sums_of_folded_layers_and_reductions_are_read(self, tmp_path: Path) -> None:
        graph = branches.inception()
        emitted(graph, tmp_path, mode="stream", reuse_factor=FOLDED["inception"])
        inputs = codes(graph, 5)
        names = ("three", "most")
        got = Simulation().run(tmp_path, graph, inputs, names)
        expected = evaluate_codes(graph, inputs, names)
        assert set(names) <= set(got)
        for name in names:
            np.testing.assert_array_equal(got[name], expected[name], err_msg=name)
