"""Yosys' solver proves small stages of Verilog as well, and disagrees where numbers differ."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from edgeml import backends
from edgeml.fixed import FixedType
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.prove.prove import prove_folder
from edgeml.prove.result import Verdict
from edgeml.prove.segment import GraphSegment
from edgeml.stages import Prover, SecondOpinion
from tests.zoo import zoo

pytestmark = pytest.mark.tool


def asked(folder: Path, graph: Graph | None = None) -> SecondOpinion | None:
    """The opinion on the Verilog in a folder, of mlp_classes if nothing else is said."""
    backend = backends.load("verilog")
    prover = backend.prover()
    assert isinstance(prover, Prover)
    core = backend.prepared(graph or zoo()["mlp_classes"])
    return prover.second_opinion(
        folder, core, lambda stage: GraphSegment(core, stage.sources, stage.value, stage.elements)
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    backends.load("verilog").emit(zoo()["mlp_classes"]).write(tmp_path / "verilog")
    return tmp_path / "verilog"


def test_sums_of_few_bits_and_casts_are_proven_by_the_solver(folder: Path) -> None:
    found = asked(folder)
    assert found is not None
    assert set(found.agrees) == {"fc1", "relu1", "act1", "fc2"}
    assert set(found.left) == {"fc1.matmul", "fc2.matmul", "label"}
    assert not found.against


@pytest.mark.parametrize(
    ("file", "old", "new", "value"),
    [
        ("mlp_classes_act1.v", "5'd31 : act1_t5", "5'd30 : act1_t5", "act1"),
        ("mlp_classes_relu1.v", "12'd0 : fc1_3", "12'd1 : fc1_3", "relu1"),
    ],
)
def test_the_solver_finds_a_number_that_differs(
    file: str, old: str, new: str, value: str, folder: Path
) -> None:
    text = (folder / file).read_text()
    assert text.count(old) == 1
    (folder / file).write_text(text.replace(old, new))
    found = asked(folder)
    assert found is not None
    assert found.against == (value,)


def test_a_wrong_multiple_of_a_sum_is_found(tmp_path: Path) -> None:
    build = Builder("sums")
    x = build.input((3,), FixedType(True, 4, 0), "x")
    weights = build.const(np.array([[5, -3], [7, 1], [-6, 2]]), FixedType(True, 4, 0), "w")
    total = build.add(MatMul(), x, weights, name="total")
    graph = build.graph(build.cast(total, FixedType(True, 5, -2), name="last"))
    backend = backends.load("verilog")
    backend.emit(graph).write(tmp_path)
    found = asked(tmp_path, graph)
    assert found == SecondOpinion("Yosys", ("total", "last"), (), ())
    (path,) = tmp_path.glob("*_total.v")
    text = path.read_text()
    shift = re.search(r"<<< (\d)", text)
    assert shift is not None
    at = shift.start(1)
    path.write_text(f"{text[:at]}{int(shift[1]) + 1}{text[at + 1 :]}")
    found = asked(tmp_path, graph)
    assert found is not None
    assert found.against == ("total",)


def test_a_proof_has_the_opinion_if_it_is_asked_for(folder: Path) -> None:
    asking = prove_folder(folder.parent, zoo()["mlp_classes"], ["verilog"], asking=True).results[0]
    assert asking.verdict is Verdict.PROVEN
    assert asking.opinion is not None
    assert "act1" in asking.opinion.agrees
    assert asking.opinion.text.startswith("the solver of Yosys proves")


def test_a_number_that_differs_leaves_a_proof_open(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = SecondOpinion("Yosys", ("fc1",), (), ("act1",))
    kind = type(backends.load("verilog").prover())
    monkeypatch.setattr(kind, "second_opinion", lambda *_: other)
    proof = prove_folder(folder.parent, zoo()["mlp_classes"], ["verilog"], asking=True).results[0]
    assert proof.verdict is Verdict.NOT_PROVEN
    assert "act1" in proof.reason
