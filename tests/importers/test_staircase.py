"""Thresholds and multipliers against the quantizer that they stand for, for every sum of an interval."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from edgeml.fixed import FixedType, Overflow
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine import steps
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.division import by_division, exact_division
from edgeml.importers.affine.rounding import SourceRounding
from edgeml.importers.affine.stairs import with_multiplier, with_steps, with_table, with_thresholds
from edgeml.ir import evaluate_codes
from edgeml.ir.ops.input import Input
from edgeml.presets import Lowering

CHANNELS = 3
BITS = 9


def case(rng: np.random.Generator, rounding: SourceRounding, channels: int = CHANNELS):
    """A random staircase over all codes of a narrow input, and the code of every sum by rational numbers."""
    slope = ex.exact(rng.uniform(-0.2, 0.2, channels))
    offset = ex.exact(rng.normal(0, 3, channels))
    ends = (-5, int(rng.integers(-2, 9)))
    low = ex.exact([rng.uniform(-4, 0)]) if rng.random() < 0.3 else None
    sums = np.full(channels, -(1 << (BITS - 1))), np.full(channels, (1 << (BITS - 1)) - 1)
    stairs = steps.of_affine(slope, offset, (low, None), ends, rounding, sums)
    every = np.arange(sums[0][0], sums[1][0] + 1)
    wanted = np.empty((every.size, channels), np.int64)
    for row, total in enumerate(every.tolist()):
        for channel in range(channels):
            value = slope[channel] * total + offset[channel]
            value = value if low is None else max(value, low[0])
            wanted[row, channel] = min(max(rounding.apply(Fraction(value)), ends[0]), ends[1])
    return stairs, every, wanted


def codes_of(build, every: np.ndarray) -> np.ndarray:
    assembly = Assembly("m", Lowering())
    node = assembly.graph.add(Input((CHANNELS,), FixedType(True, BITS, 0)), name="x")
    graph = assembly.finished((build(assembly, node),))
    return evaluate_codes(graph, {"x": np.stack([every] * CHANNELS, axis=1)})[graph.outputs[0]]


@pytest.mark.parametrize("rounding", SourceRounding)
def test_thresholds(rounding):
    rng = np.random.default_rng(0)
    for _ in range(4):
        stairs, every, wanted = case(rng, rounding)
        found = codes_of(lambda a, n, s=stairs: with_thresholds(a, n, s), every)
        assert np.array_equal(found, wanted)


@pytest.mark.parametrize("rounding", SourceRounding)
def test_a_table_for_all_channels(rounding):
    rng = np.random.default_rng(2)
    for _ in range(4):
        stairs, every, wanted = case(rng, rounding, 1)
        found = codes_of(lambda a, n, s=stairs: with_table(a, n, s), every)
        assert np.array_equal(found, np.broadcast_to(wanted, found.shape))


def ops_of(bits: int, channels: int) -> set[str]:
    """The ops of eight codes of a sum of so many bits."""
    edges = np.linspace(-(1 << (bits - 1)) + 2, (1 << (bits - 1)) - 2, 7).astype(np.int64)
    ends = np.full(channels, -(1 << (bits - 1))), np.full(channels, 1 << (bits - 1))
    slope = np.full(channels, 8 / (1 << bits))
    stairs = steps.Staircase(0, np.stack([edges] * channels, axis=1), np.zeros(channels, bool), *ends, slope)
    assembly = Assembly("m", Lowering())
    node = assembly.graph.add(Input((CHANNELS,), FixedType(True, bits, 0)), name="x")
    graph = assembly.finished((with_steps(assembly, node, stairs),))
    return {n.op.op_name() for n in graph.nodes}


def test_the_smaller_of_a_table_and_comparisons_is_taken():
    assert "lookup" in ops_of(9, 1)
    assert "lookup" not in ops_of(10, 1), "1024 entries take more LUTs than seven comparisons"
    assert "lookup" not in ops_of(8, CHANNELS), "channels with steps of their own need a table each"


@pytest.mark.parametrize("rounding", SourceRounding)
def test_multipliers_where_there_are_any(rounding):
    rng = np.random.default_rng(1)
    tried = 0
    for _ in range(6):
        stairs, every, wanted = case(rng, rounding)
        halves = steps.split_at_zero(stairs) or (stairs,)
        for part in ((stairs,), halves):
            multipliers = [steps.smallest_multiplier(half) for half in part]
            found_all = [multiplier for multiplier in multipliers if multiplier is not None]
            if len(found_all) < len(part):
                continue
            found = sum(
                codes_of(lambda a, n, s=half, m=by: with_multiplier(a, n, s, m), every)
                for half, by in zip(part, found_all, strict=True)
            )
            assert np.array_equal(found, wanted)
            tried += 1
    assert tried >= 4


NATIVE = [rounding for rounding in SourceRounding if rounding.native is not None]


@pytest.mark.parametrize("rounding", NATIVE)
def test_a_division_rounds_like_the_quotient(rounding):
    """Divisors that make ties, slopes of both signs, offsets between codes; every sum of nine bits."""
    every = np.arange(-(1 << (BITS - 1)), 1 << (BITS - 1))
    sums = np.full(CHANNELS, every[0]), np.full(CHANNELS, every[-1])
    native = rounding.native
    assert native is not None
    for divisors in ((36, 4, 6), (-36, 2, 1), (18, -7, 20)):
        slope = ex.as_exact([Fraction(5, divisor) for divisor in divisors])
        offset = ex.as_exact([Fraction(1, 2), Fraction(-1, 3), Fraction(0)])
        halves = exact_division(ex.as_exact(2 * slope), ex.as_exact(2 * offset), sums)
        assert halves is not None and halves.bits <= 24
        kind = FixedType(True, 6, 0)
        found = codes_of(
            lambda a, n, by=halves, to=kind: by_division(a, n, by, native, to, Overflow.SAT), every
        )
        wanted = [
            [
                min(max(rounding.apply(slope[c] * total + offset[c]), kind.lo), kind.hi)
                for c in range(CHANNELS)
            ]
            for total in every.tolist()
        ]
        assert found.tolist() == wanted


def test_a_divisor_that_is_too_large_is_not_divided_by():
    """A float32 scale is a fraction of 24 bits and more."""
    sums = np.array([0]), np.array([1 << 20])
    assert exact_division(ex.exact([np.float32(0.0123) / np.float32(0.77)]), ex.exact([0]), sums) is None


def test_a_stated_width_says_how_many_steps_move():
    rng = np.random.default_rng(2)
    stairs, every, wanted = case(rng, SourceRounding.ROUND)
    coarse = steps.smallest_multiplier(stairs, 3)
    assert coarse is not None and coarse.wrong > 0
    found = codes_of(lambda a, n: with_multiplier(a, n, stairs, coarse), every)
    assert not np.array_equal(found, wanted)


@pytest.mark.parametrize("rounding", SourceRounding)
def test_the_reach_of_a_code_is_the_rounding_of_numpy(rounding):
    from edgeml.importers.onnx_nodes._quantizer import rounded_values

    values = np.arange(-24, 25) / 8
    expected = rounded_values(values, rounding)
    assert [rounding.apply(Fraction(value)) for value in values.tolist()] == expected.tolist()
