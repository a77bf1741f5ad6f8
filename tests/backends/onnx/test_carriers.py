"""Integer kernels of the emulator: where they are used, that they are exact, and what if one is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edgeml.backends.onnx import carriers, integer, processor
from edgeml.backends.onnx import emulator as module
from edgeml.backends.onnx.carriers import CarrierRule, integer_plan, kernel_weights
from edgeml.backends.onnx.emulator import Emulator
from edgeml.backends.onnx.session import run_session
from edgeml.backends.onnx.stored import StoredWeights
from edgeml.fixed import ElementType, FixedType, FixedTypeArray, Overflow, Round
from edgeml.ir import Builder, Graph, evaluate, evaluate_codes
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.reshape import Reshape
from edgeml.passes import prepare
from tests.zoo import codes, zoo

EVERYWHERE = (CarrierRule(MatMul, 1, 1), CarrierRule(Conv, 1, 1))
PIXEL, WEIGHT, ACTIVATION = FixedType(False, 8, 8), FixedType(True, 6, 5), FixedType(False, 6, 4)
SIGNED, BYTE = FixedType(True, 8, 6), FixedType(True, 8, 7)
GRAPHS = zoo()


def layer(build: Builder, x: str, shape: tuple[int, ...], weights: ElementType, op: MatMul | Conv) -> str:
    """A product with a bias; the ends of the weights' type are among them."""
    rng = np.random.default_rng(len(shape))
    lo, hi = (np.broadcast_to(end, shape) for end in (weights.lo, weights.hi))
    values = rng.integers(lo, hi, endpoint=True)
    values.reshape(-1)[:4] = weights.covering().lo if isinstance(weights, FixedTypeArray) else weights.lo
    weight = build.const(np.clip(values, lo, hi), weights)
    bias = build.const(rng.integers(-16, 15, shape[-1:]), FixedType(True, 5, 4))
    return build.add(Add(), build.add(op, x, weight), bias)


def dense_net(pixel: FixedType, weights: ElementType, cast: Cast) -> Graph:
    build = Builder("dense")
    x = build.add(cast, layer(build, build.input((20,), pixel), (20, 12), weights, MatMul()), name="act")
    return build.graph(layer(build, x, (12, 3), WEIGHT, MatMul()))


def conv_net(op: Conv, channels: int = 4, kernel: tuple[int, int] = (3, 3)) -> Graph:
    build = Builder("conv")
    x = build.input((9, 8, channels), SIGNED)
    x = layer(build, x, (*kernel, channels // op.groups, 4), WEIGHT, op)
    x = build.cast(x, ACTIVATION, name="act")
    x = build.add(MaxPool((2, 2), (2, 2), ((0, 0), (1, 0))), x)
    x = build.add(Reshape((build.info(x).size,)), x)
    return build.graph(layer(build, x, (build.info(x).shape[0], 3), BYTE, MatMul()))


def exact(graph: Graph, kernels: int) -> Emulator:
    """The emulator with every possible kernel, after it was compared with the reference."""
    emulator = Emulator(graph, 1, EVERYWHERE)
    assert len(integer_plan(prepare(graph), EVERYWHERE).kernels) == kernels
    assert ("integer kernel" in repr(emulator)) == bool(kernels) and "differ" not in repr(emulator)
    for seed in range(3):
        inputs = codes(graph, 40, seed=seed)
        expected, got = evaluate_codes(graph, inputs), emulator.predict_codes(inputs)
        for name, values in expected.items():
            np.testing.assert_array_equal(got[name], values, err_msg=name)
    return emulator


SATURATING = Cast(ACTIVATION, Round.RND_CONV, Overflow.SAT)


@pytest.mark.parametrize("pixel", [PIXEL, SIGNED], ids=str)
@pytest.mark.parametrize("weights", [WEIGHT, BYTE, FixedTypeArray(True, [5, 8] * 6, [2, 7] * 6)], ids=str)
@pytest.mark.parametrize(
    "cast",
    [
        SATURATING,
        Cast(FixedType(False, 8, 5), Round.RND_CONV, Overflow.SAT),
        Cast(FixedType(True, 8, 3), Round.RND_CONV, Overflow.SAT_SYM),
        Cast(FixedType(True, 5, 2), Round.RND_CONV, Overflow.SAT),
    ],
    ids=lambda cast: f"{cast.to} {cast.overflow.value}",
)
@pytest.mark.parametrize("whole", [False, None], ids=["16 bits", "this processor"])
def test_dense_layers(
    pixel: FixedType, weights: ElementType, cast: Cast, whole: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if whole is not None:
        monkeypatch.setattr(carriers, "keeps_pairs", lambda: whole)
    exact(dense_net(pixel, weights, cast), 2)


@pytest.mark.parametrize("tensor", range(14))
def test_a_processor_whose_sums_saturate_is_found(tensor: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 14 tensors one holds, in one of its columns, what a kernel that saturates would give."""

    def saturating(session: Any, names: list[str], *rest: Any) -> list[Any]:
        got = run_session(session, names, *rest)
        assert len(got) == 14
        got[tensor][..., -1] /= 2
        return got

    monkeypatch.setattr(processor, "run_session", saturating)
    assert not processor.keeps_pairs.__wrapped__()


@pytest.mark.parametrize(
    "op",
    [
        Conv((1, 1), ((0, 0), (0, 0)), (1, 1)),
        Conv((2, 1), ((1, 1), (2, 0)), (1, 1)),
        Conv((1, 1), ((1, 0), (0, 1)), (2, 1)),
        Conv((1, 1), ((1, 1), (1, 1)), (1, 1), groups=2),
        Conv((1, 1), ((1, 1), (1, 1)), (1, 1), groups=4),
    ],
    ids=["plain", "strides and padding", "dilation", "groups", "depthwise"],
)
def test_convolutions_and_pooling_between_them(op: Conv) -> None:
    exact(conv_net(op), 2)


@pytest.mark.parametrize(
    ("cast", "kernels"),
    [
        (Cast(ACTIVATION, Round.TRN, Overflow.SAT), 1),
        (Cast(ACTIVATION, Round.RND_CONV, Overflow.WRAP), 1),
        (Cast(FixedType(False, 10, 7), Round.RND_CONV, Overflow.SAT), 0),
    ],
    ids=["TRN", "WRAP", "ten bits"],
)
def test_a_cast_that_is_no_requantization_stays_in_floats(cast: Cast, kernels: int) -> None:
    exact(dense_net(PIXEL, WEIGHT, cast), kernels)


def test_every_graph_of_the_zoo_with_every_kernel() -> None:
    kernels = 0
    for name in sorted(set(GRAPHS) - {"beyond_float"}):
        graph = GRAPHS[name]
        emulator, inputs = Emulator(graph, 1, EVERYWHERE), codes(graph, 12)
        expected, got = evaluate_codes(graph, inputs), emulator.predict_codes(inputs)
        for output, values in expected.items():
            np.testing.assert_array_equal(got[output], values, err_msg=f"{name} {output}")
        kernels += "integer kernel" in repr(emulator)
    assert kernels > 5


@pytest.mark.parametrize("whole", [False, True])
def test_pairs_of_products_that_could_leave_16_bits_are_stored_otherwise(
    whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Processors without VNNI add two products in 16 bits, but not for weights in uint8."""
    monkeypatch.setattr(carriers, "keeps_pairs", lambda: whole)
    for weights, zero in ((WEIGHT, 0), (BYTE, 0 if whole else 128)):
        graph = prepare(dense_net(PIXEL, weights, SATURATING))
        kernel = integer_plan(graph, EVERYWHERE).kernels["act"]
        stored, offset = kernel_weights(graph, kernel)
        assert offset == zero
        pairs = 2 * int(np.abs(stored.codes).max()) * PIXEL.hi
        assert (pairs > 2**15 - 1) == (weights == BYTE)


def test_an_input_that_saturates_symmetrically_is_no_difference() -> None:
    build = Builder("symmetric")
    x = build.add(Input((20,), SIGNED, Round.RND_CONV, Overflow.SAT_SYM), name="x")
    graph = build.graph(layer(build, x, (20, 3), WEIGHT, MatMul()))
    emulator = Emulator(graph, 1, EVERYWHERE)
    assert "1 integer kernel," in repr(emulator) and "differ" not in repr(emulator)
    values = np.random.default_rng(0).uniform(-3, 3, (50, 20))
    np.testing.assert_array_equal(emulator.predict(values), evaluate(graph, values))


@pytest.mark.parametrize("setting", ["0", "1"])
def test_kernel_choices_that_can_be_forced_change_nothing(
    setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forced = replace(integer.EMULATOR, config={**integer.CONFIG, "session.x64quantprecision": setting})
    monkeypatch.setattr(module, "EMULATOR", forced)
    exact(dense_net(SIGNED, BYTE, SATURATING), 2)
    exact(conv_net(Conv((1, 1), ((1, 1), (1, 1)), (1, 1))), 2)


def test_kernels_that_differ_on_a_processor_are_left_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    right = integer.kernel_weights

    def wrong(*args: Any) -> tuple[StoredWeights, int]:
        stored, zero = right(*args)
        return StoredWeights(stored.codes + (stored.codes < 3), stored.frac), zero

    monkeypatch.setattr(integer, "kernel_weights", wrong)
    graph = dense_net(PIXEL, WEIGHT, SATURATING)
    emulator = Emulator(graph, 1, EVERYWHERE)
    assert "integer kernels differ on this processor, so floats are used" in repr(emulator)
    inputs = codes(graph, 30)
    (expected,), (got,) = (
        each.values() for each in (evaluate_codes(graph, inputs), emulator.predict_codes(inputs))
    )
    np.testing.assert_array_equal(got, expected)


def test_a_convolution_of_few_channels_is_a_float_kernel() -> None:
    """QLinearConv takes three times as long as a float Conv there."""
    plan = integer_plan(prepare(conv_net(Conv((1, 1), ((0, 0), (0, 0)), (1, 1)), channels=1)))
    assert len(plan.kernels) == 1
