"""Every graph of the zoo as C, all in one program, by both compilers, with and without packed weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml import backends
from edgeml.backends.c.runner import HostProgram
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.sum_pool import SumPool
from tests.backends.contract import core_ops
from tests.strategies import side_by_side
from tests.support import needs_tool
from tests.zoo import codes, fixed, zoo

pytestmark = [pytest.mark.tool, pytest.mark.slow]


def wide_sums() -> Graph:
    """Sums between 31 and 33 bits, which int32_t does not hold: of products, of a window, of two values."""
    build = Builder("wide_sums")
    x = build.input((4,), fixed(16, 8), "x")
    image = build.input((3, 3, 2), fixed(16, 8), "image")
    long = build.input((2, 4), fixed(31, 8), "long")
    low = build.const(np.full((4, 2), -(1 << 15)), fixed(16, 8), "fc.weight")
    kernel = build.const(np.full((2, 1, 2, 2), -(1 << 15)), fixed(16, 8), "conv.weight")
    outputs = [
        build.add(MatMul(), x, low, name="fc"),
        build.add(Conv((1, 1), ((1, 0), (0, 1)), (1, 1)), image, kernel, name="conv"),
        build.add(SumPool((2,), (1,), ((0, 0),)), long, name="pool"),
        build.add(Add(), long, long, name="sum"),
    ]
    return build.graph(*outputs)


@pytest.mark.parametrize(
    ("compiler", "options"), [("gcc", {}), ("clang", {"pack_weights": True})], ids=["gcc", "clang, packed"]
)
def test_the_zoo_is_exact(compiler: str, options: Mapping[str, Any], tmp_path: Path) -> None:
    needs_tool(compiler)
    back_end = backends.load("c")
    graph = side_by_side([*zoo().values(), wide_sums()], "zoo")
    assert core_ops() <= {node.op.op_name() for node in graph.nodes}
    back_end.emit(graph, back_end.options(options)).write(tmp_path)
    inputs = codes(graph, 24)
    inner = [node.name for node in graph.nodes]
    expected = evaluate_codes(graph, inputs, [*graph.outputs, *inner])
    got = HostProgram((compiler,)).run_codes(tmp_path, graph, inputs, inner)
    assert set(graph.outputs) <= set(got) <= set(expected) and len(got) > len(graph.outputs) + 20
    for name, values in got.items():
        np.testing.assert_array_equal(values, expected[name], err_msg=name)
