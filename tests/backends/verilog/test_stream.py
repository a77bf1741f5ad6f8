"""Streamed networks: which graphs, how they are cut, and integers, latency and interval under Verilator."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends.verilog import BACKEND
from edgeml.backends.verilog.manifest import MANIFEST
from edgeml.backends.verilog.runner import Simulation
from edgeml.errors import EdgemlError
from edgeml.fixed import Round, cover
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.scale import Scale
from edgeml.tools import verilator
from tests.backends.verilog.samples import assert_exact, emitted, small
from tests.support import needs_data
from tests.zoo import codes, conv, dense, fixed, ufixed, zoo

pytest.importorskip("da4ml", reason="da4ml is not installed")
simulated = [
    pytest.mark.tool,
    pytest.mark.skipif(bool(verilator.missing()), reason=verilator.missing() or "-"),
]

STREAMED = (
    "average_pool", "binary", "cast_far_below", "cast_per_channel_modes", "cast_up", "cnn_1d", "cnn_2d",
    "conv_1d_all", "conv_depthwise", "conv_dilation", "conv_groups", "conv_padding", "conv_pointwise",
    "conv_strides", "frac_above_width", "lookup", "lookup_restricted", "matmul_rank_3", "max_pool_1d",
    "max_pool_overlap", "mlp", "mlp_classes", "mul_constant", "negative_frac", "one_channel", "pad", "relu",
    "scale_per_channel", "shared_weights", "sum_pool_padding", "weights_per_element", "weights_per_filter",
    "wide_conv", "wide_products", "zero_weights",
)  # fmt: skip
"""The graphs of the zoo that are chains of what can be streamed."""

STREAM = BACKEND.options({"mode": "stream"})


def cnn(side: int = 10, seed: int = 301) -> Graph:
    """mnist_cnn in small: two convolutions, one of them padded, pooling, two dense layers."""
    build = Builder("small_cnn")
    x = build.input((side, side, 1), ufixed(8, 0), "image")
    x = build.cast(
        conv(build, x, "conv1", (3, 3), 4, seed, padding=((1, 1), (1, 1))), ufixed(6, 2), name="act1"
    )
    x = build.add(MaxPool((2, 2), (2, 2), ((0, 0), (0, 0))), x, name="pool1")
    x = build.cast(conv(build, x, "conv2", (3, 3), 6, seed + 2), ufixed(6, 2), name="act2")
    x = build.add(Reshape((build.info(x).size,)), x, name="flatten")
    x = build.cast(dense(build, x, "fc1", 8, fixed(6, 0), fixed(6, 0), seed + 4), ufixed(6, 2), name="act3")
    return build.graph(dense(build, x, "logits", 5, fixed(6, 0), fixed(6, 0), seed + 6))


def mnist_like() -> Graph:
    """The shape and types of the preset mnist_cnn, with random weights."""
    build = Builder("mnist_cnn")
    x = build.input((28, 28, 1), ufixed(8, 0), "image")
    pool = MaxPool((2, 2), (2, 2), ((0, 0), (0, 0)))
    for name, filters, seed in (("1", 8, 401), ("2", 16, 403)):
        x = conv(build, x, f"conv{name}", (3, 3), filters, seed, weight=fixed(6, 0), bias=fixed(6, 0))
        x = build.cast(x, ufixed(6, 2), name=f"act{name}")
        x = build.add(pool, x, name=f"pool{name}")
    x = build.add(Reshape((400,)), x, name="flatten")
    x = build.cast(dense(build, x, "fc1", 32, fixed(6, 0), fixed(6, 0), 405), ufixed(6, 2), name="act3")
    return build.graph(dense(build, x, "logits", 10, fixed(6, 0), fixed(6, 0), 407))


def with_thresholds(bits: int, slope: bool = False) -> Graph:
    """A padded convolution and a dense layer, codes counted from thresholds of each channel, pooled."""
    build = Builder("thresholds")
    rng = np.random.default_rng(511)

    def counted(x: str, name: str) -> str:
        info = build.info(x)
        total = ""
        for step in range(2**bits - 1):
            codes = rng.integers(info.lo.min() // 2, info.hi.max() // 2, info.shape[-1:])
            edge = build.const(codes, cover(int(codes.min()), int(codes.max()), info.frac), f"{name}.e{step}")
            over = build.add(Add(), x, edge, name=f"{name}.over{step}")
            below = build.cast(over, fixed(1, 0), Round.TRN, name=f"{name}.below{step}")
            total = build.add(Add(), total, below, name=f"{name}.sum{step}") if total else below
        return total

    x = build.input((7, 6, 2), ufixed(4, 0), "image")
    x = counted(conv(build, x, "conv", (3, 3), 4, 501, padding=((1, 1), (1, 1))), "act1")
    x = build.add(MaxPool((2, 2), (2, 2), ((0, 0), (0, 0))), x, name="pool")
    if slope:  # x where it is above -1, else an eighth of it
        x = build.add(Max(), x, build.add(Scale(-3), x, name="eighth"), name="leaky")
    x = build.add(Reshape((build.info(x).size,)), x, name="flatten")
    return build.graph(counted(dense(build, x, "fc", 5, fixed(4, 0), fixed(4, 0), 503), "act2"))


def test_the_zoo_is_streamed_or_refused_by_name() -> None:
    streamed = {name for name, graph in zoo().items() if not BACKEND.refusals(graph, STREAM)}
    assert set(STREAMED) <= streamed
    for name in set(zoo()) - streamed:
        (refusal,) = BACKEND.refusals(zoo()[name], STREAM)
        assert refusal.reason and refusal.remedy, name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("mul", "a stream has one input"),
        ("transpose", "reorders a stream"),
        ("cast_per_element", "elements with LSBs of their own"),
    ],
)
def test_graphs_that_cannot_be_streamed_are_refused(name: str, reason: str) -> None:
    with pytest.raises(EdgemlError, match=reason):
        BACKEND.emit(zoo()[name], STREAM)


def test_branches_are_streamed_and_paths_that_cannot_meet_are_named() -> None:
    assert not BACKEND.refusals(with_thresholds(2), STREAM)
    build = Builder("around")
    x = build.input((6, 6, 2), ufixed(4, 0), "image")
    y = build.cast(conv(build, x, "conv", (6, 6), 2, 505), ufixed(4, 0), name="act")
    x = build.add(MaxPool((6, 3), (1, 3), ((0, 0), (0, 0))), x, name="pool")
    around = Concat(1)
    (refusal,) = BACKEND.refusals(build.graph(build.add(around, x, y, name="around")), STREAM)
    assert refusal.node == "around" and "come in 1 and 2 beats" in refusal.reason


def test_auto_streams_what_is_too_large_and_says_why_if_it_cannot() -> None:
    def mode(graph: Graph, **settings: object) -> str:
        return json.loads(BACKEND.emit(graph, BACKEND.options(settings))[MANIFEST])["mode"]

    assert mode(small()) == "parallel"
    assert mode(small(), unroll_limit=10) == "stream"
    assert mode(small(), reuse_factor=2) == "stream"
    assert mode(zoo()["residual"], unroll_limit=2) == "stream"
    with pytest.raises(EdgemlError, match=r"at most 2 are laid out; nor can it be streamed: "):
        mode(zoo()["mul"], unroll_limit=2)


def test_a_smaller_reuse_factor_takes_more_multipliers_and_fewer_clocks() -> None:
    def interval(reuse: int) -> int:
        options = BACKEND.options({"mode": "stream", "reuse_factor": reuse})
        return json.loads(BACKEND.emit(zoo()["mlp"], options)[MANIFEST])["interval"]

    assert [interval(reuse) for reuse in (1, 2, 4, 16)] == [1, 2, 4, 16]


def test_emission_is_deterministic() -> None:
    assert BACKEND.emit(cnn(), STREAM).digest == BACKEND.emit(cnn(), STREAM).digest


class TestSimulated:
    """Under Verilator."""

    pytestmark = simulated

    @pytest.mark.slow
    @pytest.mark.parametrize("name", STREAMED)
    def test_the_zoo_is_exact(self, name: str, tmp_path: Path) -> None:
        emitted(zoo()[name], tmp_path, mode="stream")
        assert_exact(zoo()[name], tmp_path, codes(zoo()[name], 40))

    def test_a_small_cnn_is_exact(self, tmp_path: Path) -> None:
        manifest = emitted(cnn(), tmp_path, mode="stream")
        assert manifest.interval == 12 * 12  # the padded image: one pixel per clock
        assert_exact(cnn(), tmp_path, codes(cnn(), 40))

    @pytest.mark.slow
    @pytest.mark.parametrize(("bits", "slope"), [(1, False), (2, True), (3, False)])
    def test_thresholds_are_exact(self, bits: int, slope: bool, tmp_path: Path) -> None:
        graph = with_thresholds(bits, slope)
        manifest = emitted(graph, tmp_path, mode="stream")
        assert manifest.interval == 9 * 8, "a pixel per clock, the padding included"
        assert_exact(graph, tmp_path, codes(graph, 60), Simulation(seed=bits))

    @pytest.mark.slow
    @pytest.mark.parametrize("reuse", [1, 3, 32])
    def test_a_folded_mlp_is_exact(self, reuse: int, tmp_path: Path) -> None:
        emitted(zoo()["mlp"], tmp_path, mode="stream", reuse_factor=reuse)
        assert_exact(zoo()["mlp"], tmp_path, codes(zoo()["mlp"], 100), Simulation(seed=reuse))

    @pytest.mark.slow
    @pytest.mark.timeout(900)
    def test_mnist_cnn_is_exact_on_a_thousand_images(self, tmp_path: Path) -> None:
        images = np.load(needs_data("mnist"), allow_pickle=False)["x_test"][:1000]
        manifest = emitted(mnist_like(), tmp_path)
        assert (manifest.mode, manifest.interval) == ("stream", 784)
        assert_exact(mnist_like(), tmp_path, {"image": images.reshape(1000, 28, 28, 1).astype(np.int64)})

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("file", "old", "new"),
        [
            ("edgeml_window.v", "taps[REACH_X*PIXEL-1:PIXEL]}", "taps[REACH_X*PIXEL-1:PIXEL]} ^ 1"),
            ("small_cnn_logits_matmul_weights.v", "] = ", "] = ~"),
        ],
    )
    def test_a_wrong_line_is_found(self, file: str, old: str, new: str, tmp_path: Path) -> None:
        emitted(cnn(), tmp_path, mode="stream")
        text = (tmp_path / file).read_text()
        assert old in text
        (tmp_path / file).write_text(text.replace(old, new))
        inputs = codes(cnn(), 40)
        got = Simulation().run(tmp_path, cnn(), inputs)["logits"]
        assert not np.array_equal(got, evaluate_codes(cnn(), inputs)["logits"])
