"""Every graph of the zoo as C, all in one program, by both compilers, with and without packed weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml import backends
from edgeml.backends.c.runner import HostProgram
from edgeml.ir import evaluate_codes
from tests.backends.contract import core_ops
from tests.strategies import side_by_side
from tests.support import needs_tool
from tests.zoo import codes, zoo

pytestmark = [pytest.mark.tool, pytest.mark.slow]


@pytest.mark.parametrize(
    ("compiler", "options"), [("gcc", {}), ("clang", {"pack_weights": True})], ids=["gcc", "clang, packed"]
)
def test_the_zoo_is_exact(compiler: str, options: Mapping[str, Any], tmp_path: Path) -> None:
    needs_tool(compiler)
    back_end = backends.load("c")
    graph = side_by_side(zoo().values(), "zoo")
    assert core_ops() <= {node.op.op_name() for node in graph.nodes}
    back_end.emit(graph, back_end.options(options)).write(tmp_path)
    inputs = codes(graph, 24)
    inner = [node.name for node in graph.nodes]
    expected = evaluate_codes(graph, inputs, [*graph.outputs, *inner])
    got = HostProgram((compiler,)).run_codes(tmp_path, graph, inputs, inner)
    assert set(graph.outputs) <= set(got) <= set(expected) and len(got) > len(graph.outputs) + 20
    for name, values in got.items():
        np.testing.assert_array_equal(values, expected[name], err_msg=name)
