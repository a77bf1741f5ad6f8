"""Requantization beyond 24 bits in QONNX: thresholds for one value, limbs for several, or a refusal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from edgeml.backends.qonnx import BACKEND
from edgeml.backends.qonnx.runner import FILE, QonnxRunner
from edgeml.fixed import FixedType, Overflow, Round
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.scale import Scale
from tests.zoo import conv

pytest.importorskip("qonnx", reason="qonnx is not installed")

OPTIONS = BACKEND.options({})
BYTE = FixedType(True, 8, 0)


def requantized(
    build: Builder, x: str, name: str, seed: int, *, falls: bool = False, to: FixedType = BYTE
) -> str:
    """floor(m * x + o), m of 24 bits per channel, saturated."""
    rng = np.random.default_rng(seed)
    info = build.info(x)
    channels = info.shape[-1]
    frac = 24 + max(int(info.hi.max()).bit_length() - 7, 0) - info.frac
    factors = rng.integers(1 << 23, 1 << 24, channels) * (rng.choice([-1, 1], channels) if falls else 1)
    by = build.const(factors, FixedType(True, 25, frac), f"{name}.multiplier")
    x = build.add(Mul(), x, by, name=f"{name}.product")
    shift = build.const(
        rng.integers(-(1 << frac), 1 << frac, channels), FixedType(True, frac + 1, frac), f"{name}.shift"
    )
    x = build.add(Add(), x, shift, name=f"{name}.shifted")
    return build.cast(x, to, Round.TRN, Overflow.SAT, name=f"{name}.codes")


def summed(build: Builder, x: str, y: str, name: str, rounding: Round = Round.TRN) -> str:
    """The sum of two values of other scales, 25 bits each, rounded."""
    parts = []
    for part, value, code in (("a", x, 23_456_789), ("b", y, -31_234_567)):
        by = build.const(np.array(code), FixedType(True, 26, 25), f"{name}.{part}")
        parts.append(build.add(Mul(), value, by, name=f"{name}.product_{part}"))
    total = build.add(Add(), *parts, name=f"{name}.sum")
    shift = build.const(np.array(-12_345_678), FixedType(True, 25, 25), f"{name}.shift")
    total = build.add(Add(), total, shift, name=f"{name}.shifted")
    return build.cast(total, BYTE, rounding, Overflow.SAT, name=f"{name}.codes")


def image(falls: bool, flat: bool) -> Graph:
    """A convolution (channels first in QONNX), requantized, flattened or not, and requantized again."""
    build = Builder("image")
    x = build.input((5, 4, 3), BYTE, "x")
    x = requantized(
        build, conv(build, x, "conv", (3, 3), 4, 1, weight=FixedType(True, 8, 0)), "a", 2, falls=falls
    )
    if flat:
        x = build.add(Reshape((build.info(x).size,)), x, name="flat")
    return build.graph(requantized(build, x, "b", 3, falls=falls, to=FixedType(True, 5, 1)))


def residual(rounding: Round) -> Graph:
    """A skip connection of two scales."""
    build = Builder("residual")
    x = build.input((4, 4, 3), BYTE, "x")
    weights = build.const(np.random.default_rng(4).integers(-9, 10, (1, 1, 3, 3)), FixedType(True, 5, 0), "w")
    y = build.add(Conv((1, 1), ((0, 0), (0, 0)), (1, 1), 1), x, weights, name="conv")
    y = requantized(build, y, "a", 5)
    return build.graph(summed(build, x, y, "sum", rounding))


def two_roundings() -> Graph:
    """TFLite's requantization: a product of 31 bits rounded, shifted and rounded again."""
    build = Builder("twice")
    x = build.input((6,), FixedType(True, 20, 0), "x")
    by = build.const(np.array(1_518_500_250), FixedType(True, 32, 31), "m")
    x = build.add(Mul(), x, by, name="product")
    x = build.cast(x, FixedType(True, 21, 0), Round.RND, Overflow.SAT, name="high")
    x = build.cast(
        build.add(Scale(-11), x, name="shifted"), FixedType(True, 11, 0), Round.RND_INF, name="rounded"
    )
    x = build.add(Add(), x, build.const(np.array(-7), FixedType(True, 4, 0), "zero"), name="moved")
    return build.graph(build.cast(x, BYTE, Round.TRN, Overflow.SAT, name="codes"))


GRAPHS = {
    "image": image(falls=False, flat=False),
    "falling": image(falls=True, flat=False),
    "flat": image(falls=True, flat=True),
    "residual": residual(Round.TRN),
    "residual_rounded": residual(Round.RND),
    "two_roundings": two_roundings(),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_wide_requantization_is_exact(name: str, tmp_path: Path) -> None:
    graph = GRAPHS[name]
    assert BACKEND.refusals(graph, OPTIONS) == ()
    BACKEND.emit(graph, OPTIONS).write(tmp_path / "q")
    info = graph.info("x")
    rng = np.random.default_rng(0)
    codes = rng.integers(info.lo, info.hi + 1, (40, *info.shape))
    codes[0], codes[1] = info.lo, info.hi
    inner = [node.name for node in graph.nodes if node.inputs]
    got = QonnxRunner().run_codes(tmp_path / "q", graph, {"x": codes}, inner)
    expected = evaluate_codes(graph, {"x": codes}, inner)
    assert len(got) >= 2 or name == "two_roundings"
    for value, found in got.items():
        np.testing.assert_array_equal(found, expected[value], err_msg=value)
    assert len(np.unique(got[graph.outputs[0]])) > 10


def test_a_requantization_to_a_single_code_is_exact(tmp_path: Path) -> None:
    """The wide sum lies beyond the type's bound for every input, so the result is its last code."""
    build = Builder("single")
    total = build.add(
        Add(), build.input((3,), BYTE, "x"), build.const(np.array(1 << 26), FixedType(True, 28, 2), "c")
    )
    graph = build.graph(build.cast(total, BYTE, Round.RND, Overflow.SAT, name="codes"))
    assert (graph.info("codes").lo == 127).all()
    BACKEND.emit(graph, OPTIONS).write(tmp_path / "q")
    codes = np.array([[-128, 0, 127], [5, -5, 1]])
    got = QonnxRunner().run_codes(tmp_path / "q", graph, {"x": codes}, ["codes"])
    np.testing.assert_array_equal(got["codes"], np.full((2, 3), 127))


def operators(graph: Graph) -> list[str]:
    model = onnx.load_from_string(BACKEND.emit(graph, OPTIONS)[FILE])
    return [node.op_type for node in model.graph.node]


def test_one_value_becomes_thresholds_and_two_become_limbs() -> None:
    assert operators(GRAPHS["two_roundings"])[:2] == ["Quant", "MultiThreshold"]
    assert "Mul" not in operators(GRAPHS["two_roundings"])
    assert operators(GRAPHS["residual"]).count("MultiThreshold") == 1
    assert operators(GRAPHS["residual"]).count("Quant") > 4, "the sum of two scales is carried limb by limb"


@pytest.mark.parametrize("overflow", [Overflow.WRAP, Overflow.SAT_ZERO])
def test_a_cast_that_falls_is_refused(overflow: Overflow) -> None:
    build = Builder("wraps")
    x = build.input((4,), FixedType(True, 16, 0), "x")
    x = build.add(Mul(), x, build.const(np.array(8_388_609), FixedType(True, 25, 20), "m"), name="product")
    graph = build.graph(build.cast(x, BYTE, Round.TRN, overflow, name="codes"))
    assert {refusal.node for refusal in BACKEND.refusals(graph, OPTIONS)} >= {"product", "codes"}


def test_a_wide_value_that_is_read_elsewhere_is_refused() -> None:
    build = Builder("read")
    x = build.input((4,), FixedType(True, 16, 0), "x")
    x = build.add(Mul(), x, build.const(np.array(8_388_609), FixedType(True, 25, 20), "m"), name="product")
    y = build.cast(x, BYTE, Round.TRN, Overflow.SAT, name="codes")
    graph = build.graph(build.add(Max(), x, y, name="wide"))
    assert "product" in {refusal.node for refusal in BACKEND.refusals(graph, OPTIONS)}
