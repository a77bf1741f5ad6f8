"""Samples of large images are as many as time and memory hold."""

from __future__ import annotations

import pytest

from edgeml.fixed import FixedType
from edgeml.ir import Graph
from edgeml.ir.builder import Builder
from edgeml.ir.ops.relu import Relu
from edgeml.ir.work import samples_within


def graph_of(*shape: int) -> Graph:
    build = Builder("net")
    return build.graph(build.add(Relu(), build.input(shape, FixedType(True, 8, 0))))


@pytest.mark.parametrize(
    ("shape", "count"),
    [((28, 28), 10_000), ((32, 32, 3), (1 << 25) // 6144), ((224, 224, 32), 10), ((1024, 1024, 8), 4)],
)
def test_inputs_and_outputs_of_all_samples_fit_into_memory(shape: tuple[int, ...], count: int) -> None:
    assert samples_within(graph_of(*shape), 1e18, 4, 10_000) == count


def test_work_limits_samples_as_well() -> None:
    small = graph_of(28, 28)
    assert samples_within(small, 1e6, 4, 10_000) == int(1e6 / (16 * 2 * 784))
    assert samples_within(small, 1.0, 4, 10_000) == 4
