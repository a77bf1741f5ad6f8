"""A value that differs is proven together with what follows, where that drops the difference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from edgeml import backends
from edgeml.fixed import FixedType, Overflow, Round
from edgeml.ir import Builder, Graph
from edgeml.prove import prove
from edgeml.prove.prove import prove_folder
from edgeml.prove.result import Proof, Verdict
from tests.prove.test_refuted import changes_nothing


def graph(largest: int) -> Graph:
    """A cast to codes up to 15, and one to codes that stop at a smaller number."""
    build = Builder("two_casts")
    x = build.input((4,), FixedType(False, 8, 2), "x")
    first = build.cast(x, FixedType(False, 4, 0), Round.RND, Overflow.SAT, name="first")
    width = largest.bit_length()
    return build.graph(build.cast(first, FixedType(False, width, 0), Round.TRN, Overflow.SAT, name="last"))


def proven(name: str, exact: Graph, folder: Path, least: float) -> Proof:
    """The proof about a file in which 15, the bound of the first cast, is another number."""
    backend = backends.load(name)
    backend.emit(exact).write(folder / "onnx")
    path = folder / "onnx" / backend.runners()[0].artefact
    model = onnx.load(path)
    changed = 0
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.size and np.all(values == 15):
            tensor.CopyFrom(numpy_helper.from_array(np.full_like(values, least), tensor.name))
            changed += 1
    assert changed
    path.write_bytes(model.SerializeToString())
    return prove_folder(folder, exact, [name]).results[0]


@pytest.mark.parametrize("bound", [14, 16])
def test_a_bound_that_a_later_one_hides_is_proven(
    bound: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prove, "find_witness", lambda *_: None)  # which takes its time to find none
    exact = graph(7)
    proof = proven("onnx", exact, tmp_path, bound)
    assert proof.verdict is Verdict.PROVEN
    assert (proof.steps[0].value, proof.steps[0].vectors) == ("first", 0)
    assert "first" not in {step.value for step in proof.steps[1:]}
    assert changes_nothing("onnx", exact, tmp_path / "onnx")


def test_a_bound_that_a_later_one_does_not_hide_is_refuted(tmp_path: Path) -> None:
    proof = proven("onnx", graph(7), tmp_path, 6)
    assert proof.verdict is Verdict.REFUTED
