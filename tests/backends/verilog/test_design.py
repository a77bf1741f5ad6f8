"""Designs that are kept for whoever asks for the same graph again."""

from __future__ import annotations

import numpy as np

from edgeml import api
from edgeml.backends.verilog import design
from edgeml.backends.verilog.design import elaborate
from edgeml.fixed import FixedType
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.mat_mul import MatMul


def dense(weight: int = 3) -> Graph:
    build = Builder("kept")
    value = build.input((2,), FixedType(True, 5, 2), "x")
    kernel = build.const(np.array([[weight, -5], [7, 2]]), FixedType(True, 4, 2), "fc.weight")
    return build.graph(build.add(MatMul(), value, kernel, name="fc"))


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
