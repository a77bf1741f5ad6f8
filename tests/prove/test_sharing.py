"""Codes are shared only among elements that are the same function: constants tell them apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from edgeml import backends
from edgeml.fixed import FixedType, FixedTypeArray
from edgeml.ir import Builder, Op
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.min import Min
from edgeml.ir.ops.mul import Mul
from edgeml.prove.prove import prove_folder
from edgeml.prove.result import Verdict
from edgeml.prove.segment import GraphSegment


def test_one_code_of_one_element_is_not_left_out(tmp_path: Path) -> None:
    """The file compares each element with a number of its own, which one of them alone can be."""
    build = Builder("wide")
    x = build.input((64,), FixedType(True, 16, 0), "x")
    graph = build.graph(build.cast(x, FixedType(True, 6, 0), name="y"))
    backends.load("onnx").emit(graph).write(tmp_path / "onnx")
    path = tmp_path / "onnx/exact.onnx"
    model = onnx.load(path)
    last = next(node for node in model.graph.node if "y" in node.output)
    last.output[0] = "bare"
    numbers = np.full((1, 64), 70000, np.float32)
    numbers[0, 5] = 1000
    for name, values in (("numbers", numbers), ("zero", np.zeros((1, 1), np.float32))):
        model.graph.initializer.append(onnx.numpy_helper.from_array(values, name))
    (source,) = (name for node in model.graph.node for name in node.output if name == "x#2")
    model.graph.node.extend(
        [
            onnx.helper.make_node("Equal", [source, "numbers"], ["there"]),
            onnx.helper.make_node("Where", ["there", "zero", "bare"], ["y"]),
        ]
    )
    path.write_bytes(model.SerializeToString())
    (proof,) = prove_folder(tmp_path, graph, ["onnx"]).results
    assert proof.verdict is not Verdict.PROVEN


@pytest.mark.parametrize("kind", [Add, Max, Min, Mul])
def test_constants_of_one_code_and_two_fractions_are_two_numbers(kind: type[Op]) -> None:
    build = Builder("fractions")
    x = build.input((4,), FixedType(True, 6, 1), "x")
    fractions = FixedTypeArray(True, np.full(4, 6), np.array([0, 3, 0, 3]))
    constant = build.const(np.full(4, 5), fractions, "c")
    graph = build.graph(build.add(kind(), x, constant, name="y"))
    first, second, *_ = GraphSegment(graph, ["x"], "y").structure.rules.tolist()
    assert first != second
