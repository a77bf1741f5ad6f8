"""Witnesses are as short as can be, and an artefact that cannot be built or run is refuted as such."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from edgeml import backends
from edgeml.backend import Runner, Takes
from edgeml.backends.c.runner import HostProgram
from edgeml.backends.verilog import Verilog
from edgeml.errors import BrokenArtefactError, EdgemlError
from edgeml.fixed import IntArray
from edgeml.ir import Graph, evaluate_codes
from edgeml.prove.prove import prove_folder
from edgeml.prove.result import Verdict
from edgeml.prove.witness import find_witness
from edgeml.tools import verilator
from tests.zoo import zoo

GRAPH = zoo()["relu"]


class Mixing(Runner):
    """Adds one to every answer behind the third input of a run, or what `fails` says instead."""

    name: ClassVar[str] = "mixing"
    artefact: ClassVar[str] = "nothing"
    takes: ClassVar[Takes] = Takes.CODES

    def __init__(self, fails: EdgemlError | None = None, others: tuple[Runner, ...] = ()) -> None:
        self._fails, self._others = fails, others

    def available(self) -> str:
        return ""

    def alternatives(self, *, failed: bool = True) -> tuple[Runner, ...]:
        del failed
        return self._others

    def run(
        self, folder: Path, graph: Graph, inputs: Mapping[str, NDArray[Any]], keep: Sequence[str] = ()
    ) -> dict[str, IntArray]:
        if self._fails is not None:
            raise self._fails
        right = evaluate_codes(graph, inputs)
        return {
            name: x + (np.arange(len(x)) > 2).reshape(-1, *[1] * (x.ndim - 1)) for name, x in right.items()
        }


class Right(Mixing):
    """Answers rightly, and asks what does the same only where it cannot run."""

    def __init__(self, fails: EdgemlError | None = None) -> None:
        super().__init__(fails)
        self.asked: list[bool] = []

    def alternatives(self, *, failed: bool = True) -> tuple[Runner, ...]:
        self.asked.append(failed)
        return ()

    def run(
        self, folder: Path, graph: Graph, inputs: Mapping[str, NDArray[Any]], keep: Sequence[str] = ()
    ) -> dict[str, IntArray]:
        if self._fails is not None:
            raise self._fails
        return evaluate_codes(graph, inputs)


def backend_with(runner: Runner) -> Verilog:
    class Other(Verilog):
        def runners(self) -> tuple[Runner, ...]:
            return (runner,)

    return Other()


def test_an_artefact_that_mixes_inputs_is_shown_by_the_shortest_sequence(tmp_path: Path) -> None:
    witness = find_witness(backend_with(Mixing()), tmp_path, GRAPH, None, None)
    assert witness is not None
    assert len(witness.before) == 3
    assert witness.got == witness.expected + 1


def test_another_choice_where_the_artefact_leaves_one_is_a_witness(tmp_path: Path) -> None:
    runner = Mixing(BrokenArtefactError("comes to a standstill"), (Mixing(),))
    assert find_witness(backend_with(runner), tmp_path, GRAPH, None, None) is not None


def test_an_artefact_that_does_not_run_has_no_witness(tmp_path: Path) -> None:
    runner = Mixing(BrokenArtefactError("comes to a standstill"))
    with pytest.raises(BrokenArtefactError, match="standstill"):
        find_witness(backend_with(runner), tmp_path, GRAPH, None, None)


def test_a_runner_is_told_whether_it_could_run() -> None:
    right, failing = Right(), Right(EdgemlError("a warning"))
    assert find_witness(backend_with(right), Path(), GRAPH, None, None) is None
    with pytest.raises(EdgemlError, match="a warning"):
        find_witness(backend_with(failing), Path(), GRAPH, None, None)
    assert (right.asked, failing.asked) == ([False], [True])


def test_c_that_compiles_is_not_compiled_again_without_warnings() -> None:
    program = HostProgram()
    assert program.alternatives(failed=False) == ()
    (other,) = program.alternatives(failed=True)
    assert other.alternatives() == ()


@pytest.mark.tool
@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("relu.v", "+: 4]};", "+: 4]}};", "is not compiled"),
        ("edgeml_skid.v", "m_ready | ~m_valid", "1'b0", "no beat has moved"),
    ],
)
def test_verilog_that_is_not_compiled_or_stands_still_is_refuted(
    file: str, old: str, new: str, says: str, tmp_path: Path
) -> None:
    if verilator.missing():
        pytest.skip(verilator.missing())
    backends.load("verilog").emit(GRAPH).write(tmp_path / "verilog")
    path = tmp_path / "verilog" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    proof = prove_folder(tmp_path, GRAPH, ["verilog"]).results[0]
    assert (proof.verdict, proof.witness) == (Verdict.REFUTED, None)
    assert says in proof.failure
    assert proof.reason
