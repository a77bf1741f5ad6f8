"""The qonnx package as executor: what it works out once per file, however many samples there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml import importers
from tests.importers.look_alikes import unusual

pytest.importorskip("qonnx", reason="the qonnx package is not installed")


@pytest.mark.parametrize(
    "method", ["check_all_tensor_shapes_specified", "find_direct_successors", "get_tensor_valueinfo"]
)
def test_samples_cost_no_pass_over_the_whole_graph(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a recurrent network of 300 nodes, 200 samples took three minutes for it."""
    from qonnx.core.modelwrapper import ModelWrapper

    calls, original = [0], getattr(ModelWrapper, method)

    def counted(*args: Any, **kwargs: Any) -> Any:
        calls[0] += 1
        return original(*args, **kwargs)

    monkeypatch.setattr(ModelWrapper, method, counted)

    def asked(samples: int) -> int:
        file = importers.SourceFile(Path("x.onnx"), unusual.end_in_floats())
        imported = importers.read(file, importers.ImportOptions("net"))
        before = calls[0]
        imported.model.run({imported.graph.inputs[0]: np.ones((samples, 64), np.float32)})
        return calls[0] - before

    assert 0 < asked(1) == asked(5)


def test_a_node_is_run_with_its_own_tensors_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """qonnx looks at every tensor that it is given, at every node of every sample."""
    from qonnx.core import onnx_exec

    runs: list[tuple[set[str], set[str]]] = []
    original = onnx_exec.execute_node

    def recorded(node: Any, context: Any, graph: Any, *args: Any, **kwargs: Any) -> None:
        if not onnx_exec.is_custom_op(node.domain, node.op_type):
            tensors = (*graph.input, *graph.output, *graph.value_info)
            runs.append(({info.name for info in tensors}, {*node.input, *node.output}))
        original(node, context, graph, *args, **kwargs)

    monkeypatch.setattr(onnx_exec, "execute_node", recorded)
    imported = importers.read(
        importers.SourceFile(Path("x.onnx"), unusual.end_in_floats()), importers.ImportOptions("net")
    )
    runs.clear()
    imported.model.run({imported.graph.inputs[0]: np.ones((2, 64), np.float32)})
    assert runs and all(tensors <= own for tensors, own in runs)
    assert onnx_exec.execute_node is recorded, "qonnx is left as it was"
