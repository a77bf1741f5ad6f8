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
from edgeml.backends.verilog.harness import MAIN
from edgeml.errors import BrokenArtefactError, EdgemlError
from edgeml.fixed import IntArray
from edgeml.ir import Graph, evaluate_codes
from edgeml.prove.arguments import StageDifference
from edgeml.prove.prove import prove_folder
from edgeml.prove.result import Verdict
from edgeml.prove.witness import Effort, find_witness
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


class WrongAtAnEnd(Right):
    """Answers wrongly where an element of a value is as high, or as low, as it can be."""

    def __init__(self, value: str, index: tuple[int, ...], code: int) -> None:
        super().__init__()
        self._value, self._index, self._code = value, index, code

    def run(
        self, folder: Path, graph: Graph, inputs: Mapping[str, NDArray[Any]], keep: Sequence[str] = ()
    ) -> dict[str, IntArray]:
        right = super().run(folder, graph, inputs)
        inner = evaluate_codes(graph, inputs, [self._value])[self._value][(slice(None), *self._index)]
        at_end = inner == self._code
        return {name: x + at_end.reshape(-1, *[1] * (x.ndim - 1)) for name, x in right.items()}


def backend_with(runner: Runner, early: Runner | None = None) -> Verilog:
    class Other(Verilog):
        def runners(self) -> tuple[Runner, ...]:
            return (runner,)

        def early_runner(self) -> Runner | None:
            return early

    return Other()


def test_a_witness_of_an_early_runner_suffices(tmp_path: Path) -> None:
    class Few(Mixing):
        def most_vectors(self, folder: Path, graph: Graph) -> int:
            return 20

    witness = find_witness(backend_with(Right(), Few()), tmp_path, GRAPH, None, None)
    assert witness is not None
    assert len(witness.before) == 3
    assert witness.origin == "random inputs between codes"


def test_an_early_runner_that_cannot_run_leaves_it_to_the_others(tmp_path: Path) -> None:
    early = Mixing(BrokenArtefactError("is not understood"))
    assert find_witness(backend_with(Right(), early), tmp_path, GRAPH, None, None) is None
    assert find_witness(backend_with(Mixing(), early), tmp_path, GRAPH, None, None) is not None


@pytest.mark.parametrize("end", ["lo", "hi"])
def test_inputs_that_drive_a_sum_to_its_end_are_tried(end: str, tmp_path: Path) -> None:
    """The cast behind the sum cuts off what random inputs would climb by."""
    graph = zoo()["mlp"]
    index, ends = (5,), getattr(graph.info("fc1"), end)
    runner = WrongAtAnEnd("fc1", index, int(ends[index]))
    difference = StageDifference("act1", {"fc1": ends}, index, 0, 1)
    witness = find_witness(backend_with(runner), tmp_path, graph, None, difference, Effort.FIRST)
    assert witness is not None
    assert witness.origin == "inputs that drive the element to its end"
    assert find_witness(backend_with(runner), tmp_path, graph, None, None) is None


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
    assert (right.asked, failing.asked) == ([False, False], [True])  # few inputs, then many


def test_c_that_compiles_is_not_compiled_again_without_warnings() -> None:
    program = HostProgram()
    assert program.alternatives(failed=False) == ()
    (other,) = program.alternatives(failed=True)
    assert other.alternatives() == ()


@pytest.mark.parametrize(("end", "index"), [("lo", 0), ("hi", 11)])
def test_sums_of_which_nothing_is_shown_are_driven_to_their_ends(
    end: str, index: int, tmp_path: Path
) -> None:
    graph = zoo()["mlp"]
    runner = WrongAtAnEnd("fc1", (index,), int(getattr(graph.info("fc1"), end)[index]))
    witness = find_witness(backend_with(runner), tmp_path, graph, None, None, Effort.FIRST, ["act1"])
    assert witness is not None
    assert witness.origin == "inputs that drive elements to their ends"


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


@pytest.mark.tool
@pytest.mark.parametrize(
    ("old", "new", "refuted"),
    [
        ("endmodule", "  wire odd = s_axis_tdata[9999];\nendmodule", False),
        ("s_axis_tdata[0 +", "s_axis_tdata[9999 +", True),
    ],
)
def test_a_warning_of_verilator_alone_refutes_nothing(
    old: str, new: str, refuted: bool, tmp_path: Path
) -> None:
    if verilator.missing():
        pytest.skip(verilator.missing())
    backends.load("verilog").emit(GRAPH).write(tmp_path / "verilog")
    path = tmp_path / "verilog/relu.v"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(EdgemlError, match="SELRANGE") as error:
        verilator.simulation(sorted(path.parent.glob("*.v")), "relu", MAIN, optimized=False)
    assert not isinstance(error.value, BrokenArtefactError)
    proof = prove_folder(tmp_path, GRAPH, ["verilog"]).results[0]
    assert proof.failure == ""
    assert (proof.verdict is Verdict.REFUTED, proof.witness is not None) == (refuted, refuted)


@pytest.mark.tool
def test_verilog_that_is_refused_is_refused_again_from_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if verilator.missing():
        pytest.skip(verilator.missing())
    monkeypatch.setenv("EDGEML_CACHE", str(tmp_path / "cache"))
    source = tmp_path / "wrong.v"
    source.write_text("module wrong (input wire a, output wire b);\n  assign b = a +;\nendmodule\n")
    with pytest.raises(BrokenArtefactError, match=r"wrong.v:2") as first:
        verilator.simulation([source], "wrong", "", optimized=False)
    monkeypatch.setattr(verilator, "run", None)  # any call would end in another error
    monkeypatch.setattr(verilator, "_runtime", lambda *_: tmp_path)
    for optimized in (True, False):
        with pytest.raises(BrokenArtefactError) as again:
            verilator.simulation([source], "wrong", "", optimized)
        assert str(again.value) == str(first.value)
