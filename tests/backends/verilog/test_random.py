"""Random graphs, several in one design so that they are compiled together: every integer under Verilator."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from edgeml.backends.verilog import BACKEND
from edgeml.ir import Graph
from edgeml.ir.ops.lookup import Lookup
from edgeml.passes import prepare_circuit
from edgeml.tools import verilator
from tests.backends.verilog.samples import assert_exact, emitted
from tests.passes.networks import narrow_network
from tests.strategies import graphs, side_by_side
from tests.zoo import codes

pytest.importorskip("da4ml", reason="da4ml is not installed")
pytestmark = [
    pytest.mark.tool,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(bool(verilator.missing()), reason=verilator.missing() or "-"),
]

QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
TOGETHER = 12


@given(st.lists(graphs(), min_size=TOGETHER, max_size=TOGETHER), st.integers(1, 4))
@settings(max_examples=3, phases=[Phase.generate], suppress_health_check=QUIET)
def test_random_graphs_are_exact(parts: list[Graph], adders: int) -> None:
    graph = side_by_side(parts)
    with tempfile.TemporaryDirectory() as name:
        emitted(graph, Path(name), adders_per_stage=adders, unroll_limit=10**6, mode="parallel")
        assert_exact(graph, Path(name), codes(graph, 40))


@given(st.lists(graphs(max_inputs=1, max_outputs=1, max_nodes=4), min_size=TOGETHER, max_size=TOGETHER))
@settings(max_examples=2, phases=[Phase.generate], suppress_health_check=QUIET)
def test_random_graphs_that_can_be_streamed_are_exact(parts: list[Graph]) -> None:
    options = BACKEND.options({"mode": "stream"})
    chosen = [graph for graph in parts if not BACKEND.refusals(graph, options)][:3]
    for graph in chosen:
        with tempfile.TemporaryDirectory() as name:
            emitted(graph, Path(name), mode="stream")
            assert_exact(graph, Path(name), codes(graph, 20))


def test_narrow_networks_are_exact_by_their_tables(tmp_path: Path) -> None:
    graph = side_by_side([narrow_network(seed) for seed in range(12)])
    assert sum(isinstance(node.op, Lookup) for node in prepare_circuit(graph).nodes) >= 5
    emitted(graph, tmp_path, mode="parallel")
    assert_exact(graph, tmp_path, codes(graph, 200))


def test_a_narrow_network_is_streamed(tmp_path: Path) -> None:
    graph = narrow_network(7)
    assert sum(isinstance(node.op, Lookup) for node in prepare_circuit(graph).nodes) == 2
    emitted(graph, tmp_path, mode="stream")
    assert_exact(graph, tmp_path, codes(graph, 50))
