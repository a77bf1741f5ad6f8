"""Random graphs: what is not refused gives the reference's integers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeml.backends.onnx import BACKEND
from edgeml.backends.onnx.emulator import Emulator
from edgeml.ir import Graph, evaluate, evaluate_codes
from tests.strategies import graph_codes, graphs

QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large)


def compare(graph: Graph, data: st.DataObject) -> None:
    if BACKEND.refusals(graph, BACKEND.options({})):
        return
    inputs = data.draw(graph_codes(graph))
    expected = evaluate_codes(graph, inputs)
    emulator = Emulator(graph, threads=1)
    got = emulator.predict_codes(inputs)
    for name, values in expected.items():
        np.testing.assert_array_equal(got[name], values, err_msg=f"{name}\n{graph}")
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x = {
        name: rng.normal(0, 2.0 ** data.draw(st.integers(-12, 12)), (3, *graph.info(name).shape)).astype(
            np.float32
        )
        for name in graph.inputs
    }
    one = len(set(graph.outputs)) == 1
    want: Any
    found: Any
    want, found = (call(x, raw=True) for call in (lambda x, raw: evaluate(graph, x, raw), emulator.predict))
    for name, values in ({"y": want} if one else want).items():
        np.testing.assert_array_equal(
            (({"y": found}) if one else found)[name], values, err_msg=f"{name}\n{graph}"
        )


@settings(max_examples=60, suppress_health_check=QUIET)
@given(graph=graphs(), data=st.data())
def test_narrow_graphs(graph: Graph, data: st.DataObject) -> None:
    compare(graph, data)


@settings(max_examples=40, suppress_health_check=QUIET)
@given(graph=graphs(max_width=26, max_nodes=5), data=st.data())
def test_graphs_around_the_limits_of_float32_and_float64(graph: Graph, data: st.DataObject) -> None:
    compare(graph, data)


@settings(max_examples=40, suppress_health_check=QUIET)
@given(
    graph=graphs(ops=("conv", "max_pool", "sum_pool", "relu", "add", "reshape", "mat_mul")), data=st.data()
)
def test_convolutional_graphs(graph: Graph, data: st.DataObject) -> None:
    compare(graph, data)


@pytest.mark.slow
@settings(max_examples=700, suppress_health_check=QUIET)
@given(graph=graphs(max_nodes=12), data=st.data())
def test_many_graphs(graph: Graph, data: st.DataObject) -> None:
    compare(graph, data)


@pytest.mark.slow
@settings(max_examples=700, suppress_health_check=QUIET)
@given(graph=graphs(max_width=40, max_nodes=6), data=st.data())
def test_many_wide_graphs(graph: Graph, data: st.DataObject) -> None:
    compare(graph, data)
