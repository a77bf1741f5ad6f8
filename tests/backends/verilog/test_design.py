"""Designs that are kept for whoever asks for the same graph again."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml import api
from edgeml.backends.verilog import design, linear
from edgeml.backends.verilog.cells import elements
from edgeml.backends.verilog.design import elaborate
from edgeml.fixed import FixedType
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.ir.ops.mat_mul import MatMul


def dense(weight: int = 3) -> Graph:
    build = Builder("kept")
    value = build.input((2,), FixedType(True, 5, 2), "x")
    kernel = build.const(np.array([[weight, -5], [7, 2]]), FixedType(True, 4, 2), "fc.weight")
    return build.graph(build.add(MatMul(), value, kernel, name="fc"))


def beside(places: list[int], widths: int = 2) -> Graph:
    """Three sums of elements that each stand at some place; the last reads an element twice."""
    build = Builder("beside")
    value = build.input((4,), FixedType(False, widths, 0), "x")
    weights = np.zeros((4, 3), np.int64)
    for column, order in enumerate(([0, 1, 2], [3, 2, 1], [2, 2, 0])):
        for place, element in zip(places, order, strict=True):
            weights[element, column] += 1 << place
    kernel = build.const(weights, FixedType(False, 12, 1), "fc.weight")
    return build.graph(build.add(MatMul(), value, kernel, name="fc"))


def test_bits_beside_each_other_are_wires_that_nothing_searches_for(monkeypatch: pytest.MonkeyPatch):
    design._elaborated.cache_clear()
    monkeypatch.setattr(linear, "_solved", lambda *asked: pytest.fail("searched"))
    for places in ([0, 2, 4], [4, 0, 2], [9, 3, 0]):
        cells = [cell for layer in elaborate(beside(places)).layers for cell in layer.cells]
        added = [cell for cell in cells if cell.kind == "add"]
        assert len(added) == 6 and all(cell.joins for cell in added)


def test_bits_that_overlap_are_added():
    cells = [cell for layer in elaborate(beside([0, 1, 4])).layers for cell in layer.cells]
    assert any(cell.kind == "add" and not cell.joins for cell in cells)


def test_wires_compute_the_product():
    graph = beside([4, 0, 2])
    codes = np.stack(np.meshgrid(*[np.arange(4)] * 4, indexing="ij"), axis=-1).reshape(-1, 4)
    made = elaborate(graph)
    values = {id(cell): codes[:, cell.data[0]] for cell in made.layers[0].cells}
    for cell in made.layers[1].cells:
        (a, b), (up_a, up_b) = cell.args, cell.data
        values[id(cell)] = (values[id(a)] << up_a) + (values[id(b)] << up_b)
    wanted, info = evaluate_codes(graph, {"x": codes})["fc"], graph.info("fc")
    for column, num in zip(wanted.T, elements(made.outputs["fc"]), strict=True):
        np.testing.assert_array_equal(values[id(num.cell)] << info.frac - num.frac, column)


def shape(made: design.Design) -> list[tuple[str, list[tuple[str, str, int, int]]]]:
    return [(layer.module, [(c.kind, c.name, c.lo, c.hi) for c in layer.cells]) for layer in made.layers]


def test_an_equal_graph_is_elaborated_once_and_another_one_anew():
    design._elaborated.cache_clear()
    first, again, other = elaborate(dense()), elaborate(dense()), elaborate(dense(6))
    assert first.layers[1].cells is again.layers[1].cells
    assert shape(first) == shape(again) != shape(other)
    assert design._elaborated.cache_info().hits == 1


def test_narrower_bounds_are_another_design():
    ends = {"x": (np.zeros(2, np.int64), np.ones(2, np.int64))}
    narrow, wide = elaborate(dense(), ends), elaborate(dense())
    assert narrow.layers[0].cells[0].hi == 1
    assert wide.layers[0].cells[0].hi == 15


def test_names_of_one_emission_are_not_seen_by_another():
    design._elaborated.cache_clear()
    first = api.emit(dense(), "verilog")
    again = api.emit(dense(), "verilog")
    elaborate(dense()).layers[0].module = "renamed"
    assert first.digest == again.digest == api.emit(dense(), "verilog").digest
    assert elaborate(dense()).layers[0].module != "renamed"


def test_the_number_of_kept_designs_is_bounded():
    for weight in range(-8, 8):
        for bits in range(3):
            elaborate(dense(weight), {"x": (np.zeros(2, np.int64), np.full(2, bits))})
    info = design._elaborated.cache_info()
    assert info.currsize == info.maxsize == design._CACHED_DESIGNS
