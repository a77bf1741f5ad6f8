"""Every kind of design that is estimated: its package, its options, and figures that are estimates."""

from __future__ import annotations

import pytest

from edgeml import boards
from edgeml.errors import EdgemlError
from edgeml.estimate import designs, estimate, preflight
from edgeml.estimate.entrance import load
from tests.zoo import zoo


@pytest.mark.parametrize("design", designs())
class TestEveryDesign:
    def test_is_named_after_its_package(self, design) -> None:
        assert load(design).name == design

    def test_an_unknown_option_is_refused(self, design) -> None:
        known = sorted(type(load(design).options({})).model_fields)
        with pytest.raises(EdgemlError, match=f"{known[0]}x"):
            load(design).options({f"{known[0]}x": 1})

    def test_figures_are_estimates_with_intervals(self, design) -> None:
        graph, board = zoo()["mlp"], boards.load("pynq-z2")
        hardware = estimate(graph, board, design)
        assert hardware.source == "estimate"
        assert hardware.graph == graph.digest
        assert hardware.total.lut is not None
        lut = hardware.total.lut
        assert lut.low is not None and lut.high is not None
        assert 0 < lut.low <= lut.value <= lut.high
        assert estimate(graph, board, design) == hardware

    def test_a_small_network_fits(self, design) -> None:
        assert preflight(zoo()["mlp"], boards.load("pynq-z2"), design).state in ("fits", "tight")
