"""The proof at its edges: just within float32, just beyond, just within float64, just beyond."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from edgeml.backends.onnx import BACKEND
from edgeml.backends.onnx.certificate import certificate
from edgeml.backends.onnx.emulator import Emulator
from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, FixedTypeArray, Overflow, Round
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.sum_pool import SumPool
from edgeml.ir.steps import bits

FREE = FixedType(True, 60, 0)


def dense(x: FixedType, weights: list[int], bias: int | None = None) -> Graph:
    build = Builder("limit")
    name = build.input((len(weights),), x)
    w = build.const(np.array(weights)[:, np.newaxis], FREE, "w")
    name = build.add(MatMul(), name, w, name="product")
    if bias is not None:
        name = build.add(Add(), name, build.const([bias], FREE, "b"), name="sum")
    return build.graph(name)


def row(graph: Graph, name: str) -> tuple[int, str, int]:
    found = next(entry for entry in certificate(graph) if entry.node == name)
    return found.bits, found.carrier, found.margin


def exact(graph: Graph, samples: int = 30) -> bool:
    rng = np.random.default_rng(0)
    inputs = {}
    for name in graph.inputs:
        info = graph.info(name)
        inputs[name] = rng.integers(info.lo, info.hi, (samples, *info.shape), endpoint=True)
        inputs[name][0], inputs[name][1] = info.lo, info.hi
        inputs[name][2] = np.where(np.arange(info.size).reshape(info.shape) % 2 == 0, info.lo, info.hi)
    expected = evaluate_codes(graph, inputs)
    got = Emulator(graph, threads=1).predict_codes(inputs)
    return all(np.array_equal(expected[name], got[name]) for name in expected)


U1, U8 = FixedType(False, 1, 0), FixedType(False, 8, 0)


@pytest.mark.parametrize(
    ("weights", "needed", "carrier"),
    [
        ([2**24 - 1, 1], 24, "float32"),  # the sum is exactly 2^24, which float32 holds
        ([2**24 - 1, 2], 25, "float64"),
        ([2**24 - 1, -1], 24, "float32"),  # the partial sums count, not the result
        ([2**24 - 1, -2], 25, "float64"),
        ([2**53 - 1, 1], 53, "float64"),
        ([2**53 - 1, 2], 54, "none"),
        ([2**40, 2**30], 11, "float32"),  # only the distance to the common grid counts
        ([2**40, 2**17], 24, "float32"),
        ([2**40, 2**16], 25, "float64"),
        ([0, 0], 0, "float32"),
    ],
)
def test_matmul(weights: list[int], needed: int, carrier: str) -> None:
    graph = dense(U1, weights)
    found, where, margin = row(graph, "product")
    assert where == carrier
    if any(weights):
        assert found == needed
    if carrier == "none":
        assert margin < 0
        with pytest.raises(EdgemlError, match=rf"product.*{needed} bits"):
            BACKEND.emit(graph)
    else:
        assert exact(graph)


def test_every_magnitude_below_the_limit_survives() -> None:
    """All 256 products with the largest weight that fits, and with the first that does not."""
    graph = dense(U8, [65793])  # 255 * 65793 = 2^24 - 1
    assert row(graph, "product")[1] == "float32"
    codes = np.arange(256)[:, np.newaxis]
    np.testing.assert_array_equal(Emulator(graph).predict_codes({"input": codes})["product"], codes * 65793)
    over = dense(U8, [65795])
    assert row(over, "product")[1] == "float64"
    np.testing.assert_array_equal(Emulator(over).predict_codes({"input": codes})["product"], codes * 65795)


def test_a_bias_counts_as_a_term() -> None:
    within, beyond = dense(U1, [2**23, 2**23 - 1], 1), dense(U1, [2**23, 2**23 - 1], 2)
    assert row(within, "sum")[:2] == (24, "float32")
    assert row(beyond, "sum")[:2] == (25, "float64")
    assert row(beyond, "product")[1] == "float32"
    assert exact(within)
    assert exact(beyond)


@pytest.mark.parametrize("wide", [22, 23, 24, 30, 36])
def test_half_an_lsb_of_rounding_counts(wide: int) -> None:
    build = Builder("half")
    x = build.input((64,), FixedType(True, wide + 1, 1))
    modes = [mode for mode in Round if mode is not Round.TRN]
    outputs = [build.cast(x, FixedType(True, wide + 1, 0), mode, name=mode.value) for mode in modes]
    assert exact(build.graph(*outputs))


@pytest.mark.parametrize(
    ("x", "w", "convs", "matmuls"),
    [
        (8, 9, 1, 0),
        (8, 14, 2, 0),  # 4 * 9 terms of 20 bits: two limbs
        (12, 19, 3, 0),
        (20, 20, 0, 9),  # limbs would need to be too narrow: tap by tap in float64
        (26, 12, 0, 9),  # the input alone is beyond float32
    ],
)
def test_convolutions_beyond_float32(x: int, w: int, convs: int, matmuls: int) -> None:
    rng = np.random.default_rng(x * w)
    for groups in (1, 2):
        build = Builder("conv")
        name = build.input((5, 6, 4), FixedType(True, x, 3))
        kind = FixedType(True, w, w - 1)
        codes = rng.integers(kind.lo, kind.hi, (3, 3, 4 // groups, 6), endpoint=True)
        codes.flat[:2] = kind.lo, kind.hi
        weight = build.const(codes, kind, "conv.weight")
        op = Conv((1, 2), ((1, 0), (2, 1)), (1, 1), groups)
        name = build.add(op, name, weight, name="conv.sum")
        name = build.add(Add(), name, build.const([5, 1, -3, 0, 7, 2], kind, "conv.bias"), name="conv")
        graph = build.graph(name)
        assert exact(graph, 10)
        model = onnx.load_from_string(BACKEND.emit(graph)["exact.onnx"])
        kinds = [node.op_type for node in model.graph.node]
        assert kinds.count("MatMul") == matmuls
        assert kinds.count("Conv") == convs or (groups == 2 and kinds.count("Conv") in range(1, convs))


def test_rounding_an_input_by_one_half_needs_a_bit_more() -> None:
    """The float64 sum of 2^53 - 1 and one half would be rounded to even."""
    for rounding, width, refused in (
        (Round.RND_CONV, 53, False),
        (Round.RND, 53, True),
        (Round.RND, 52, False),
        (Round.RND_CONV, 54, True),
    ):
        build = Builder("input")
        x = build.add(Input((3,), FixedType(False, width, 2), rounding), name="x")
        graph = build.graph(build.cast(x, FixedType(False, 62, 2), name="y"))
        assert bool(BACKEND.refusals(graph, BACKEND.options({}))) == refused
        assert refused or exact(graph)


@pytest.mark.parametrize("overflow", Overflow)
def test_a_coarse_value_against_a_bound_that_float32_cannot_hold(overflow: Overflow) -> None:
    """Every code of x fits float32, 2^30 - 1 does not."""
    build = Builder("bound")
    x = build.input((64,), FixedType(True, 8, -26))
    to = FixedType(False, 30, 0), FixedType(True, 31, 0)
    names = [build.add(Cast(kind, Round.TRN, overflow), x, name=f"act{i}") for i, kind in enumerate(to)]
    assert exact(build.graph(*names))


def test_wide_sum_pools() -> None:
    for width in (20, 30):
        build = Builder("pool")
        x = build.input((5, 4, 3), FixedType(True, width, 2))
        part = build.add(SumPool((2, 3), (1, 2), ((1, 0), (0, 1))), x, name="part")
        whole = build.add(SumPool((5, 4), (1, 1), ((0, 0), (0, 0))), x, name="whole")
        assert exact(build.graph(part, whole), 10)


def test_powers_of_two_per_channel_cost_no_bits() -> None:
    """Weights of 8 bits whose scales differ by 2^20 from column to column stay in float32."""
    build = Builder("po2")
    x = build.input((8,), U8)
    kind = FixedTypeArray(True, [8, 8, 8], [-10, 0, 10])
    codes = np.random.default_rng(0).integers(-127, 128, (8, 3))
    graph = build.graph(build.add(MatMul(), x, build.const(codes, kind, "w"), name="product"))
    assert graph.info("product").scalar.width > 36
    assert row(graph, "product")[1] == "float32"
    assert exact(graph)


def test_a_product_of_two_values() -> None:
    for a, b, carrier in ((12, 12, "float32"), (13, 12, "float64"), (26, 26, "float64"), (28, 27, "none")):
        build = Builder("mul")
        x, y = (build.input((9,), FixedType(False, width, 0), f"x{width}") for width in (a, b))
        graph = build.graph(build.add(Mul(), x, y, name="product"))
        assert row(graph, "product")[1] == carrier
        if carrier != "none":
            assert exact(graph)


def test_extreme_exponents() -> None:
    """LSBs far from one are exact or refused, never flushed to zero."""
    for frac in (-120, -100, 100, 119, 140, 400, 900):
        build = Builder("exponents")
        x = build.input((4,), FixedType(True, 8, frac))
        w = build.const(np.array([[3], [-5], [7], [1]]), FixedType(True, 5, 4), "w")
        assert exact(build.graph(build.add(MatMul(), x, w, name="product")))
    build = Builder("exponents")
    x = build.input((2,), FixedType(True, 8, -900))
    graph = build.graph(build.add(Cast(FixedType(True, 8, 900), Round.TRN, Overflow.SAT), x, name="act"))
    (refusal,) = BACKEND.refusals(graph, BACKEND.options({}))
    assert refusal.node == "act"
    assert "beyond float64" in refusal.reason


def test_bits_count_steps_of_the_grid() -> None:
    assert bits(np.array([0]), 0, np.array([0])) == 0
    assert bits(np.array([1]), 0, np.array([0])) == 0
    assert bits(np.array([2**24]), 0, np.array([0])) == 24
    assert bits(np.array([2**24 + 1]), 0, np.array([0])) == 25
    assert bits(np.array([2**30]), 0, np.array([-30])) == 0
    assert bits(np.array([2**30 + 1]), 0, np.array([-1])) == 30  # rounded up to whole steps
