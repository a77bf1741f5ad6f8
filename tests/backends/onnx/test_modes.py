"""Every rounding with every overflow: casts over all codes, and inputs over awkward floats."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from edgeml.backends.onnx.emulator import Emulator
from edgeml.fixed import ElementType, FixedType, FixedTypeArray, Overflow, Round
from edgeml.ir import Builder, evaluate, evaluate_codes
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.input import Input

MODES = list(itertools.product(Round, Overflow))
TARGETS = [
    FixedType(True, 4, 1),
    FixedType(False, 3, 2),
    FixedType(True, 1, 1),
    FixedType(True, 5, -1),
    FixedType(True, 6, 5),
]


@pytest.mark.parametrize(("rounding", "overflow"), MODES)
@pytest.mark.parametrize("signed", [True, False])
def test_cast_of_every_code(rounding: Round, overflow: Overflow, signed: bool) -> None:
    build = Builder("modes")
    source = FixedType(signed, 8, 4)
    x = build.input((256,), source)
    names = [build.add(Cast(to, rounding, overflow), x, name=f"cast{i}") for i, to in enumerate(TARGETS)]
    graph = build.graph(*names)
    inputs = {"input": np.arange(source.lo, source.hi + 1)[np.newaxis]}
    expected, got = evaluate_codes(graph, inputs), Emulator(graph, threads=1).predict_codes(inputs)
    for name in names:
        np.testing.assert_array_equal(got[name], expected[name], err_msg=f"{name} {rounding} {overflow}")


@pytest.mark.parametrize(("rounding", "overflow"), MODES)
def test_cast_of_wide_codes(rounding: Round, overflow: Overflow) -> None:
    """Codes at the end of float32, and beyond it in float64."""
    for width in (24, 25, 40, 51):
        build = Builder("modes")
        x = build.input((64,), FixedType(True, width, 9))
        to = [FixedType(True, 6, 3), FixedType(True, width - 6, 8), FixedType(False, width - 4, 9)]
        names = [build.add(Cast(kind, rounding, overflow), x, name=f"cast{i}") for i, kind in enumerate(to)]
        graph = build.graph(*names)
        rng = np.random.default_rng(width)
        info = graph.info(x)
        codes = rng.integers(info.lo, info.hi, (40, 64), endpoint=True)
        codes[:20] >>= rng.integers(0, width, (20, 64))
        codes[0], codes[1] = info.lo, info.hi
        expected, got = (
            evaluate_codes(graph, {x: codes}),
            Emulator(graph, threads=1).predict_codes({x: codes}),
        )
        for name in names:
            np.testing.assert_array_equal(got[name], expected[name], err_msg=f"{name} of {width} bits")


def awkward(frac: int) -> np.ndarray:
    """Ties, neighbours of ties and of integers, tiny, subnormal and huge floats."""
    halves = np.arange(-40, 41, dtype=np.float32) / np.float32(2)
    near = np.concatenate(
        [halves, np.nextafter(halves, np.float32(99)), np.nextafter(halves, np.float32(-99))]
    )
    tiny = np.array([1e-45, -1e-45, 1e-38, -1e-38, 1e-30, -1e-30, 0.0, -0.0], np.float32)
    huge = np.array(
        [3.4e38, -3.4e38, 2**31, -(2**31), 2**24 + 2, -(2**24) - 2, 1e20, -1e20, 12345.678], np.float32
    )
    with np.errstate(over="ignore", under="ignore"):
        return np.concatenate([np.ldexp(near, -frac), near, tiny, huge]).astype(np.float32)


@pytest.mark.parametrize(("rounding", "overflow"), MODES)
@pytest.mark.parametrize(
    "type",
    [
        FixedType(False, 8, 8),
        FixedType(True, 6, 3),
        FixedType(True, 4, -2),
        FixedType(False, 1, 0),
        FixedType(True, 30, 12),
        FixedType(True, 52, 20),
        FixedTypeArray(True, [3, 8, 12], [2, 0, 9]),
    ],
    ids=str,
)
def test_input_floats(rounding: Round, overflow: Overflow, type: ElementType) -> None:
    build = Builder("input")
    values = awkward(int(np.max(type.frac)))
    shape = (values.size,) if isinstance(type, FixedType) else (values.size, 3)
    name = build.add(Input(shape, type, rounding, overflow), name="x")
    graph = build.graph(
        build.add(Cast(FixedType(True, 60, int(np.max(type.frac))), Round.TRN, Overflow.WRAP), name)
    )
    x = values if isinstance(type, FixedType) else np.repeat(values[:, np.newaxis], 3, axis=1)
    np.testing.assert_array_equal(
        Emulator(graph, threads=1).predict(x[np.newaxis], raw=True), evaluate(graph, x[np.newaxis], raw=True)
    )


@pytest.mark.parametrize("overflow", Overflow)
def test_codes_times_lsb_pass_through_an_input(overflow: Overflow) -> None:
    """Rounding what is rounded already changes nothing, up to the widest input."""
    for rounding, width in itertools.product(Round, (1, 8, 24, 25, 52)):
        build = Builder("input")
        type = FixedType(True, width, 5)
        graph = build.graph(build.add(Input((64,), type, rounding, overflow), name="x"))
        codes = np.random.default_rng(width).integers(type.lo, type.hi, (8, 64), endpoint=True)
        codes[0], codes[1] = type.hi, -type.hi
        got = Emulator(graph, threads=1).predict_codes({"x": codes})["x"]
        np.testing.assert_array_equal(got, codes, err_msg=f"{rounding} {width}")
