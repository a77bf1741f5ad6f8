"""Sums of products with the DSP extension of Arm equal the plain ones, on every core that has it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeml import backends
from edgeml.backends.c.emulated import EmulatedProgram
from edgeml.fixed import FixedType
from edgeml.footprint import measure
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.mcus import cores
from edgeml.mcus.cores import McuCore
from edgeml.mcus.program import missing
from tests.zoo import codes, conv, dense, fixed, ufixed

pytestmark = [pytest.mark.tool, pytest.mark.slow]


CORES = ("cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55")


def with_dsp(name: str) -> McuCore:
    core = cores.load(name)
    return replace(core, flags=(*core.flags, "-DEDGEML_USE_DSP"))


def products(source: FixedType) -> Graph:
    """Sums of 1 to 11 products, and a convolution whose rows are cut off at the edges."""
    build = Builder("products")
    outputs: list[str] = []
    for count in (1, 3, 4, 7, 8, 11):
        x = build.input((count,), source, f"x{count}")
        outputs.append(dense(build, x, f"fc{count}", 3, fixed(8, 1), fixed(8, 1), 7 * count))
    image = build.input((4, 5, 3), source, "image")
    padding = ((1, 1), (1, 1))
    outputs.append(conv(build, image, "conv", (3, 3), 4, 5, padding=padding, weight=fixed(8, 1)))
    return build.graph(*outputs)


@pytest.mark.parametrize("source", [fixed(8, 1), ufixed(8, 0)], ids=["signed", "unsigned"])
@pytest.mark.parametrize("name", CORES)
def test_sums_of_four_are_exact(name: str, source: FixedType, tmp_path: Path) -> None:
    runner = EmulatedProgram(with_dsp(name))
    if runner.available():
        pytest.skip(runner.available())
    graph = products(source)
    backends.load("c").emit(graph).write(tmp_path)
    inputs = codes(graph, 16)
    got, expected = runner.run_codes(tmp_path, graph, inputs), evaluate_codes(graph, inputs)
    for output in graph.outputs:
        np.testing.assert_array_equal(got[output], expected[output], err_msg=output)


@pytest.mark.parametrize("name", CORES)
def test_sums_of_four_take_fewer_instructions(name: str, tmp_path: Path) -> None:
    if reason := missing(cores.load(name)):
        pytest.skip(reason)
    build = Builder("long")
    graph = build.graph(dense(build, build.input((256,), fixed(8, 1)), "fc", 8, fixed(8, 1), fixed(8, 1), 1))
    backends.load("c").emit(graph).write(tmp_path)
    plain, dsp = (
        measure(tmp_path, graph, core, codes(graph, 2)) for core in (cores.load(name), with_dsp(name))
    )
    assert dsp.instructions < 0.75 * plain.instructions
