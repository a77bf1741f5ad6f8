"""Elements that one function makes, and whose codes have other scales, are other functions of codes.

Codes are shared among the elements of one rule: a wrong code of one element would be driven at another
one, and a file that is wrong would be proven.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from edgeml.backends.c import prover as c_prover
from edgeml.backends.hls4ml import prover as hls4ml_prover
from edgeml.backends.hls4ml.facts import VariableFacts
from edgeml.backends.hls4ml.layer import Precision
from edgeml.fixed import FixedType, FixedTypeArray, IntArray
from edgeml.ir import Builder, Graph
from edgeml.ir.structure import Structure, source, stepped
from edgeml.prove.arguments import StageProof, prove_stage
from edgeml.prove.segment import GraphSegment
from edgeml.stages import ArtefactStage
from edgeml.stages.symbols import Algebra, Atom, element

SIZE = 64
SCALES = np.arange(SIZE) % 2


def graph() -> Graph:
    """Elements of 16 bits, every other one with a result of one more fractional bit."""
    build = Builder("scales")
    x = build.input((SIZE,), FixedType(True, 16, 0), "x")
    return build.graph(build.cast(x, FixedTypeArray(True, np.full(SIZE, 6), SCALES), name="y"))


def of_c() -> ArtefactStage:
    """A variable in C that is one function of each element, with the value's codes above bits of zero."""
    core, algebra = graph(), Algebra()
    lo, hi = int(core.info("y").lo.min()), int(core.info("y").hi.max())
    atoms = [Atom("x", at, -(1 << 15), (1 << 15) - 1) for at in range(SIZE)]
    numbers = tuple(algebra.function("cast", [element(atom)], lo, hi, rising=True) for atom in atoms)
    variable = cast("Any", SimpleNamespace(owner="layer.y", numbers=numbers))
    layer = SimpleNamespace(regions=(SimpleNamespace(port=SimpleNamespace(value="x")),), numbers=numbers)
    drive = c_prover.Drive(cast("Any", layer), (), variable)
    parts = c_prover._Parts(core, cast("Any", None), [drive], set(), {})
    return parts._stage(0, drive, "y", c_prover._CutValue(variable, "y", 1 - SCALES))


class Project(hls4ml_prover._ProjectStages):
    """A variable of an hls4ml project that is one function of each element."""

    def __init__(self) -> None:
        self._graph, self._named = graph(), {"x": ["x"]}
        self._reads, self._writes = [["x"]], [["y"]]

    def _between(self, name: str, ends: Any) -> list[int]:
        del name, ends
        return [0]

    def _carried(self, name: str, sources: Any, calls: Sequence[int]) -> VariableFacts:
        del name, sources, calls
        info = self._graph.info("y")
        structure = stepped(source((SIZE,), 0), (SIZE,))
        return VariableFacts(Precision(FixedType(True, 8, 1)), structure, info.lo, info.hi)


def of_hls4ml() -> ArtefactStage:
    """The stage of that variable."""
    return Project()._stage("y", "y")


def proof(stage: ArtefactStage, wrong: IntArray) -> StageProof:
    """Prove a stage that adds something to the results of one code of x.

    The graph's side says one rule of all elements, as an op would that does not look at the scales.
    """
    segment = GraphSegment(graph(), ["x"], "y")
    flat: Structure = segment.structure
    segment.structure = replace(flat, rules=np.zeros_like(flat.rules))

    def run(codes: Any) -> IntArray:
        return segment.evaluate(codes) + (codes["x"] == 1234) * wrong

    return prove_stage(replace(stage, run=run), segment)


@pytest.mark.parametrize("stage", [of_c, of_hls4ml])
def test_a_wrong_code_of_an_element_of_another_scale_is_seen(stage: Callable[[], ArtefactStage]) -> None:
    made = stage()
    rules = made.structure.rules
    assert (rules[::2] == rules[0]).all()
    assert (rules[1::2] == rules[1]).all()
    assert rules[0] != rules[1]
    right = proof(made, np.zeros(SIZE, np.int64))
    assert (right.missing, right.difference) == ("", None)
    assert "among the elements of one rule" in right.argument
    for scale in (0, 1):  # wrong at all elements of one scale, and at no other
        seen = proof(made, np.where(scale == SCALES, 1, 0))
        assert seen.difference is not None
        assert seen.difference.index[0] % 2 == scale
