"""Two narrow products in one multiplier: which layers, how they are stored, and integers under Verilator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml.backends.verilog import BACKEND
from edgeml.backends.verilog.manifest import MANIFEST
from edgeml.backends.verilog.runner import Simulation
from edgeml.backends.verilog.stream import pairs
from edgeml.backends.verilog.stream.pairs import Pairs
from edgeml.backends.verilog.stream.plan import plan
from edgeml.backends.verilog.stream.segments import FoldSegment, ProductSegment
from edgeml.errors import EdgemlError
from edgeml.ir import Builder, Graph
from edgeml.passes import prepare
from tests.backends.verilog import branches
from tests.backends.verilog.samples import assert_exact, emitted
from tests.backends.verilog.test_stream import simulated
from tests.zoo import codes, dense, fixed, ufixed, zoo

pytest.importorskip("da4ml", reason="da4ml is not installed")


def narrow() -> Graph:
    """Dense layers of 4 bits: an odd number of outputs, elements with and without a sign."""
    build = Builder("narrow")
    x = build.input((12,), fixed(4, 1), "x")
    x = build.cast(dense(build, x, "fc1", 5, fixed(4, 0), fixed(4, 0), 401), ufixed(4, 2), name="act1")
    return build.graph(dense(build, x, "fc2", 6, fixed(4, 0), fixed(4, 0), 403))


REUSE = {"fc1": 6, "fc2": 10}
"""Two elements per clock, and one with two passes."""


def folded(graph: Graph, reuse: dict[str, int], bits: Pairs) -> dict[str, FoldSegment | ProductSegment]:
    segments = plan(prepare(graph), reuse, bits).segments
    return {one.node: one for one in segments if isinstance(one, FoldSegment | ProductSegment)}


@pytest.mark.parametrize(("name", "bits"), [("narrow", 40), ("mlp", 25)])
def test_a_factor_of_stored_weights_is_both_weights_apart(name: str, bits: int) -> None:
    graph = narrow() if name == "narrow" else zoo()[name]
    for at in folded(graph, REUSE if name == "narrow" else {"default": 4}, bits).values():
        assert at.paired
        words, width = pairs.stored(at)
        assert -(1 << (width - 1)) <= words.min() and words.max() < 1 << (width - 1)
        count, total = at.weights.shape[-1] // 2, at.sink.width
        low, high = (words[..., first : 2 * count : 2] for first in (0, 1))
        field = np.where(low < 0, low + (1 << total), low)  # the sign in every bit up to the upper weight
        plain = at.weights[..., 1 : 2 * count : 2] * (1 << total) + at.weights[..., 0 : 2 * count : 2]
        np.testing.assert_array_equal(high * (1 << total) + field, plain)
        assert np.array_equal(words[..., 2 * count :], at.weights[..., 2 * count :]), "an odd output is alone"


def test_a_layer_is_paired_from_the_bits_that_it_needs() -> None:
    graph = zoo()["mlp"]
    needs = {name: pairs.factor_bits(at) for name, at in folded(graph, {"default": 4}, None).items()}
    assert len(set(needs.values())) == 3
    for bits in needs.values():
        paired = {name for name, at in folded(graph, {"default": 4}, bits).items() if at.paired}
        assert paired == {name for name, least in needs.items() if least <= bits}
    least = needs["fc1.matmul"]
    assert folded(graph, {"default": 4}, {"fc1": least})["fc1.matmul"].paired
    with pytest.raises(EdgemlError, match=rf"fc1: needs {least} bits .* of a weight, 17 of a sum") as refused:
        folded(graph, {"default": 4}, {"fc1": least - 1})
    assert "verilog.pair_bits.fc1=0" in refused.value.hint
    table = {"default": 25, "fc1": 0}
    assert [at.paired for at in folded(graph, {"default": 4}, table).values()] == [False, True, True]


@pytest.mark.parametrize(
    ("graph", "options", "message"),
    [
        (branches.separable(), {"reuse_factor": {"dw0": 9}, "pair_bits": {"dw0": 25}}, "dw0: is depthwise"),
        (branches.residual(), {"pair_bits": {"a1": 25}}, "a1: is laid out side by side"),
        (zoo()["mlp"], {"pair_bits": {"fc9": 25}}, "unknown layer 'fc9'"),
        (
            branches.inception(),
            {"reuse_factor": {"one": 6}, "pair_bits": {"one": 25}},
            "one: has one output per clock|one: has sums that are never negative",
        ),
    ],
    ids=["depthwise", "side by side", "unknown", "nothing to pair"],
)
def test_what_cannot_be_paired_is_refused_where_it_is_named(
    graph: Graph, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(EdgemlError, match=message):
        BACKEND.emit(graph, BACKEND.options({"mode": "stream", **options}))


def test_side_by_side_there_is_nothing_to_pair() -> None:
    with pytest.raises(EdgemlError, match="mode=parallel has no multipliers"):
        BACKEND.options({"mode": "parallel", "pair_bits": 25})
    with pytest.raises(EdgemlError, match="fc1: is laid out side by side"):
        BACKEND.emit(narrow(), BACKEND.options({"pair_bits": {"fc1": 25}}))
    plain = BACKEND.emit(narrow(), BACKEND.options({"pair_bits": 25}))
    assert json.loads(plain[MANIFEST])["mode"] == "parallel"


class TestSimulated:
    """Under Verilator, which measures latency and interval as well."""

    pytestmark = simulated

    @pytest.mark.slow
    def test_pairs_are_exact(self, tmp_path: Path) -> None:
        graph = narrow()
        manifest = emitted(graph, tmp_path, mode="stream", reuse_factor=REUSE, pair_bits=18)
        top = (tmp_path / f"{manifest.top}.v").read_text()
        assert top.count(".PAIRS(1)") == 2 and "edgeml_fold" in top and "edgeml_product" in top
        assert_exact(graph, tmp_path, codes(graph, 60), Simulation(seed=5))
