from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, FixedTypeArray, Overflow, Round, to_float
from edgeml.ir import Builder, evaluate_codes, input_codes
from edgeml.ir.ops.reshape import Reshape
from edgeml.report.histogram import SHOWN, CodeBins
from edgeml.report.numbers import absent
from edgeml.report.sections.layers import statistics as layers
from edgeml.report.sections.layers.view import view
from edgeml.report.sections.weights import collect as weights
from tests.report.samples import sample_facts, sample_graph, sample_inputs


def cast_graph(
    to, rounding=Round.RND_CONV, overflow=Overflow.SAT, source=None, shape=(4,)
):  # one cast behind an input
    build = Builder("one")
    x = build.input(shape, source or FixedType(True, 8, 4), "x")
    return build.graph(build.cast(x, to, rounding, overflow, name="y"))


def measure_one(graph, x):
    rows, histograms = layers.measure(graph, {"x": np.asarray(x, np.float32)})
    row = next(row for row in rows if row.name == "y")
    return row, next(item for item in histograms if item.name == "y")


def test_saturation_and_sqnr_of_a_signed_cast_by_hand():
    # fixed<3,3>: -4..3 in steps of 1. 5.0 -> 3, -6.0 -> -4 are clipped; 0.5 -> 0 (to even) is rounded only.
    row, histogram = measure_one(cast_graph(FixedType(True, 3, 0)), [[5.0, -6.0, 0.5, 2.0]])
    assert row.saturated is not None
    assert row.saturated.value == 0.5
    assert row.rectified is None
    signal, noise = 25 + 36 + 0.25 + 4, 4 + 4 + 0.25
    assert row.sqnr_db is not None
    assert row.sqnr_db.value == pytest.approx(10 * math.log10(signal / noise))
    assert (row.used.lo, row.used.hi) == (-4, 3)
    assert (row.width, row.bits_used, row.bits_wasted) == (3, 3, 0)
    assert sum(histogram.counts) == 4
    assert histogram.zeros == 0.25


def test_an_unsigned_saturating_cast_is_the_relu_and_not_clipping():
    row, histogram = measure_one(cast_graph(FixedType(False, 3, 1)), [[-5.0, -0.5, 1.25, 7.0]])
    assert row.rectified is not None
    assert row.rectified.value == 0.5
    assert row.saturated is not None
    assert row.saturated.value == 0.25
    signal, noise = 1.25**2 + 49, 0.25**2 + 3.5**2
    assert row.sqnr_db is not None
    assert row.sqnr_db.value == pytest.approx(10 * math.log10(signal / noise))
    assert histogram.rectifies


def test_wrapping_is_counted_as_saturation_on_both_sides():
    row, histogram = measure_one(
        cast_graph(FixedType(False, 3, 0), overflow=Overflow.WRAP), [[-1.0, 1.0, 7.0, 7.5]]
    )
    assert row.saturated is not None
    assert row.saturated.value == 0.5  # -1 becomes 7, and 7.5 is rounded to 8 and becomes 0
    assert row.rectified is None
    assert not histogram.rectifies


def test_sat_sym_clips_the_smallest_code():
    row, _ = measure_one(
        cast_graph(FixedType(True, 3, 0), overflow=Overflow.SAT_SYM), [[-4.0, -3.0, 3.0, 0.0]]
    )
    assert row.saturated is not None
    assert row.saturated.value == 0.25


def test_a_cast_without_error_has_no_sqnr_and_says_why():
    row, _ = measure_one(cast_graph(FixedType(True, 8, 4)), [[1.0, 2.0, -3.0, 0.5]])
    assert row.sqnr_db is not None
    assert (row.sqnr_db.value, row.sqnr_db.reason) == (None, "no error")
    row, _ = measure_one(cast_graph(FixedType(True, 4, 0)), [[0.0] * 4])
    assert row.sqnr_db is not None
    assert row.sqnr_db.reason == "all zero"
    assert row.bits_wasted == 2  # a signed type keeps its sign bit, and one bit holds the zero


def test_the_input_is_measured_against_its_floats():
    build = Builder("input")
    x = build.input((2,), FixedType(False, 2, 0), "x")
    (row,), (histogram,) = layers.measure(build.graph(x), {"x": np.array([[0.25, 9.0]], np.float32)})
    assert row.saturated is not None
    assert row.saturated.value == 0.5
    assert row.sqnr_db is not None
    assert row.sqnr_db.value == pytest.approx(10 * math.log10((0.0625 + 81) / (0.0625 + 36)))
    assert (histogram.start, sum(histogram.counts)) == (0.25, 2)


def test_a_constant_input_has_a_histogram():
    build = Builder("flat")
    x = build.input((2,), FixedType(False, 4, 0), "x")
    _, (histogram,) = layers.measure(build.graph(x), {"x": np.full((3, 2), 5.0, np.float32)})
    assert sum(histogram.counts) == 6


def test_a_type_per_element():
    to = FixedTypeArray(True, [3, 5], [0, 2])
    row, histogram = measure_one(cast_graph(to, shape=(2,)), [[3.75, 3.75], [-5.0, 1.25]])
    assert row.saturated is not None
    assert row.saturated.value == 0.5  # 3.75 rounds to 4 above fixed<3,3>, -5 lies below it; the others fit
    assert (row.used.lo, row.used.hi) == (-4, 3.75)
    assert (histogram.limits.lo, histogram.limits.hi) == (-4, 3.75)


def test_statistics_do_not_depend_on_the_chunks(monkeypatch):
    graph, x = sample_graph(), {"x": sample_inputs(700)}
    whole = layers.measure(graph, x)
    monkeypatch.setattr(layers, "_CHUNK", 97)
    rows, histograms = layers.measure(graph, x)
    assert histograms == whole[1]
    for row, other in zip(rows, whole[0], strict=True):
        assert row.used == other.used
        assert row.saturated == other.saturated
        if row.sqnr_db is not None and other.sqnr_db is not None:
            assert row.sqnr_db.value == pytest.approx(other.sqnr_db.value)


def test_ranges_and_sqnr_equal_those_of_the_reference_evaluator():
    graph, x = sample_graph(), sample_inputs(300)
    values = evaluate_codes(graph, input_codes(graph, x), keep=graph.infos)
    rows, _ = layers.measure(graph, {"x": x})
    assert [row.name for row in rows] == ["x", "fc1.matmul", "fc1", "act1", "fc2.matmul", "fc2"]
    for row in rows:
        floats = to_float(values[row.name], graph.info(row.name).type.frac)
        assert (row.used.lo, row.used.hi) == (floats.min(), floats.max())
        assert row.representable.lo <= row.possible.lo <= row.used.lo
        assert row.used.hi <= row.possible.hi <= row.representable.hi
        assert row.bits_used <= row.bits_possible <= row.width
    before = np.maximum(to_float(values["fc1"], graph.info("fc1").type.frac), 0)
    after = to_float(values["act1"], graph.info("act1").type.frac)
    sqnr = next(row for row in rows if row.name == "act1").sqnr_db
    assert sqnr is not None
    assert sqnr.value == pytest.approx(10 * math.log10((before**2).sum() / ((after - before) ** 2).sum()))


def test_ops_that_only_move_values_have_no_row():
    build = Builder("moved")
    x = build.input((2, 2), FixedType(True, 4, 0), "x")
    rows, _ = layers.measure(build.graph(build.add(Reshape((4,)), x, name="flat")), {"x": np.ones((1, 2, 2))})
    assert [row.name for row in rows] == ["x"]


def test_no_samples_are_refused():
    with pytest.raises(EdgemlError, match="no samples"):
        layers.measure(sample_graph(), {"x": np.zeros((0, 8), np.float32)})


@given(st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=50), st.integers(0, 2**41))
def test_bins_hold_every_code_once_in_its_place(codes, margin):
    counter = CodeBins(min(codes) - margin, max(codes) + margin)
    for code in codes:
        counter.add(np.array([code]))
    first, step, counts = counter.shown()
    assert len(counts) <= SHOWN
    assert step & (step - 1) == 0
    assert first <= min(0, *codes)
    expected = [0] * len(counts)
    for code in codes:
        expected[(code - first) // step] += 1
    assert list(counts) == expected


def test_weights_and_sizes_by_hand():
    graph = sample_graph()
    found = weights.sizes(graph, absent("none"), absent("none"))
    assert found.parameters.value == 8 * 6 + 6 + 6 * 3 + 3
    assert found.weight_bits.value == 6 * (8 * 6 + 6 + 6 * 3 + 3)
    assert found.macs.value == 8 * 6 + 6 * 3
    codes = np.concatenate([graph.constant(f"{name}.weight").ravel() for name in ("fc1", "fc2")])
    assert found.nonzero_macs.value == np.count_nonzero(codes)
    assert {found.parameters.source, found.macs.source} == {"proven"}
    by_name = {item.name: item for item in weights.histograms(graph)}
    assert set(by_name) == {"fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"}
    item, codes = by_name["fc1.weight"], graph.constant("fc1.weight")
    assert sum(item.counts) == 48
    assert item.zeros == np.mean(codes == 0)
    assert item.powers == np.mean(np.isin(np.abs(codes), [1, 2, 4, 8, 16]))
    assert (item.limits.lo, item.limits.hi) == (-1, 31 / 32)


def test_macs_of_a_convolution_count_every_position():
    from edgeml.ir.ops.conv import Conv

    build = Builder("conv")
    x = build.input((6, 6, 2), FixedType(False, 4, 0), "x")
    w = build.const(np.ones((3, 3, 2, 5)), FixedType(True, 4, 0), "w")
    graph = build.graph(build.add(Conv((1, 1), ((1, 1), (1, 1)), (1, 1)), x, w, name="y"))
    assert weights.sizes(graph, absent("none"), absent("none")).macs.value == 6 * 6 * 3 * 3 * 2 * 5


def test_steps_of_an_unrolled_layer_are_one_row():
    """Three steps, the last of which clips half of its values."""
    build = Builder("steps")
    value = build.input((2,), FixedType(True, 8, 4), "x")
    for step, width in enumerate((6, 7, 5)):
        to = FixedType(True, width, 2)
        value = build.cast(value, to, Round.RND_CONV, Overflow.SAT, name=f"memory.t{step}.state")
    rows, _ = layers.measure(build.graph(value), {"x": np.array([[1.25, 7.0]], np.float32)})
    shown = {row.name: row for row in view(sample_facts(layers=rows))}
    assert list(shown) == ["x", "memory.t*.state"]
    row = shown["memory.t*.state"]
    assert (row.type, row.width) == ("fixed<7,5>", 7)
    assert (row.used.lo, row.used.hi, row.representable.hi) == (1.25, 7.0, 15.75)
    assert row.saturated is not None
    assert row.sqnr_db is not None
    assert row.saturated.value == 0.5
    assert row.sqnr_db.value == pytest.approx(10 * math.log10((1.25**2 + 7**2) / 3.25**2))
