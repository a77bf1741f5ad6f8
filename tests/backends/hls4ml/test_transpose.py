"""Transposes of more than three axes: hls4ml's own layer where the back end has one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeml import backends
from edgeml.backends.hls4ml.csim import CSimulation
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.ir.ops.transpose import Transpose
from tests.support import needs_tool
from tests.zoo import codes, fixed

HLS4ML = backends.load("hls4ml")


def permuted(shape: tuple[int, ...], order: tuple[int, ...]) -> Graph:
    build = Builder("permuted")
    value = build.cast(build.input(shape, fixed(8, 3), "x"), fixed(6, 3))
    return build.graph(build.add(Transpose(order), value, name="t"))


@pytest.mark.parametrize("backend", ["Vitis", "Vivado"])
def test_large_ones_are_not_refused(backend: str) -> None:
    graph = permuted((2, 3, 4, 5, 6), (2, 4, 3, 0, 1))
    assert HLS4ML.refusals(graph, HLS4ML.options({"backend": backend})) == ()


def test_a_back_end_without_one_refuses_and_says_which() -> None:
    graph = permuted((2, 3, 4, 5, 6), (2, 4, 3, 0, 1))
    (refusal,) = HLS4ML.refusals(graph, HLS4ML.options({"backend": "Quartus"}))
    assert "hls4ml's Quartus back end has no layer for it in this form" in str(refusal)


@pytest.mark.slow
@pytest.mark.tool
@pytest.mark.parametrize(
    ("shape", "order"), [((2, 3, 4, 5, 6), (2, 4, 3, 0, 1)), ((1, 3, 2, 4, 2), (0, 3, 2, 1, 4))]
)
def test_integers(shape: tuple[int, ...], order: tuple[int, ...], tmp_path: Path) -> None:
    needs_tool("g++")
    graph = permuted(shape, order)
    HLS4ML.emit(graph, HLS4ML.options({})).write(tmp_path)
    given = codes(graph, 10)
    got, expected = CSimulation().run(tmp_path, graph, given), evaluate_codes(graph, given)
    assert np.array_equal(got["t"], expected["t"])
