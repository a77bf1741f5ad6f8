"""The contract notices faults: a sound small back end passes it, and each planted fault fails it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from edgeml.backend import Backend, GraphPlan, Refusal, Runner, Takes
from edgeml.deviations import Deviation
from edgeml.files import FileSet
from edgeml.fixed import IntArray, Round
from edgeml.ir import Graph, Node, evaluate_codes
from edgeml.ir.ops.cast import Cast
from edgeml.ir.saved import load, save
from edgeml.settings import Settings, parse_settings
from edgeml.stages import NoProver
from tests.backends.contract import CHECKS, core_ops


class CopyOptions(Settings):
    """One option, so that a misspelt one has a near match."""

    indent: int = 1


class CopyRunner(Runner):
    """Evaluates the graph that lies in the folder."""

    name: ClassVar[str] = "copy"
    artefact: ClassVar[str] = "copy.json"
    takes: ClassVar[Takes] = Takes.CODES

    def available(self) -> str:
        return ""

    def run(
        self, folder: Path, graph: Graph, inputs: Mapping[str, IntArray], keep: Sequence[str] = ()
    ) -> dict[str, IntArray]:
        stored = load(folder, "copy")
        return evaluate_codes(stored, inputs, [*graph.outputs, *(n for n in keep if n in stored.infos)])


class CopyBackend(Backend):
    """A fifth back end: the artefact is a copy of the graph."""

    name: ClassVar[str] = "copy"
    folder: ClassVar[str] = "copy"
    summary: ClassVar[str] = "a copy of the graph"
    runner: ClassVar[type[Runner]] = CopyRunner

    def options(self, settings: Mapping[str, Any]) -> Any:
        return parse_settings(CopyOptions, settings, self.name)

    def unknown(self, core: Graph) -> tuple[Refusal, ...]:
        return tuple(
            Refusal(node.name, node.op.op_name(), "there is no such op in a copy")
            for node in core.nodes
            if node.op.op_name() not in core_ops()
        )

    def plan(self, core: Graph, options: Any) -> GraphPlan:
        return GraphPlan(core)

    def write(self, graph: Graph, plan: GraphPlan, options: Any) -> FileSet:
        return save(plan.graph, "copy")

    def compare_files(self, folder: Path, graph: Graph) -> tuple[Deviation, ...]:
        fresh = self.emit(graph)
        return tuple(
            Deviation(name, "differs") for name in fresh if (folder / name).read_bytes() != fresh[name]
        )

    def runners(self) -> tuple[Runner, ...]:
        return (self.runner(),)

    def prover(self) -> NoProver:
        return NoProver("nothing proves it")


class OtherName(CopyBackend):
    """Is called otherwise than its folder."""

    name: ClassVar[str] = "copies"


class TakesAnything(CopyBackend):
    """Ignores options that it does not know."""

    def options(self, settings: Mapping[str, Any]) -> Any:
        return CopyOptions(**{key: value for key, value in settings.items() if key == "indent"})


class NoNearMatch(CopyBackend):
    """Refuses a misspelt option without the right spelling."""

    def options(self, settings: Mapping[str, Any]) -> Any:
        from edgeml.errors import EdgemlError

        for key in settings:
            if key != "indent":
                raise EdgemlError(f"unknown option {key!r}", self.name)
        return CopyOptions(**settings)


class OtherBytes(CopyBackend):
    """Writes something else every time."""

    def write(self, graph: Graph, plan: GraphPlan, options: Any) -> FileSet:
        stamp = np.random.default_rng().bytes(8)
        return super().write(graph, plan, options).merged(FileSet({"stamp": stamp}))


class NeverLooks(CopyBackend):
    """Does not look at what lies in the folder."""

    def compare_files(self, folder: Path, graph: Graph) -> tuple[Deviation, ...]:
        return ()


class Silent(CopyBackend):
    """Has no prover and says no reason."""

    def prover(self) -> NoProver:
        return NoProver("")


class Guesses(CopyBackend):
    """Emits ops that it does not know."""

    def unknown(self, core: Graph) -> tuple[Refusal, ...]:
        return ()


class RefusesAll(CopyBackend):
    """Plays safe."""

    def plan(self, core: Graph, options: Any) -> GraphPlan:
        refused = () if core.name == "small" else (Refusal(core.outputs[0], "any", "not today"),)
        return GraphPlan(core, refused)


class RoundsTiesUp(CopyBackend):
    """Gets one rounding mode wrong."""

    def write(self, graph: Graph, plan: GraphPlan, options: Any) -> FileSet:
        def wrong(node: Node) -> Node:
            op = node.op
            if isinstance(op, Cast) and op.rounding is Round.RND_CONV:
                return Node(node.name, replace(op, rounding=Round.RND), node.inputs)
            return node

        core = plan.graph
        return save(Graph(core.name, map(wrong, core.nodes), core.outputs), "copy")


class _RunsTheGraph(CopyRunner):
    def run(
        self, folder: Path, graph: Graph, inputs: Mapping[str, IntArray], keep: Sequence[str] = ()
    ) -> dict[str, IntArray]:
        load(folder, "copy")
        return evaluate_codes(graph, inputs, [*graph.outputs, *keep])


class RunsTheGraph(CopyBackend):
    """Does not execute what lies in the folder."""

    runner: ClassVar[type[Runner]] = _RunsTheGraph


class _ReturnsAll(CopyRunner):
    def run(
        self, folder: Path, graph: Graph, inputs: Mapping[str, IntArray], keep: Sequence[str] = ()
    ) -> dict[str, IntArray]:
        stored = load(folder, "copy")
        return evaluate_codes(stored, inputs, [node.name for node in stored.nodes])


class ReturnsAll(CopyBackend):
    """Returns inner values that nobody wanted."""

    runner: ClassVar[type[Runner]] = _ReturnsAll


class _Breaks(CopyRunner):
    def run(
        self, folder: Path, graph: Graph, inputs: Mapping[str, IntArray], keep: Sequence[str] = ()
    ) -> dict[str, IntArray]:
        import json

        json.loads((folder / "copy.json").read_text())
        return super().run(folder, graph, inputs, keep)


class Breaks(CopyBackend):
    """Ends in a traceback if its artefact is damaged."""

    runner: ClassVar[type[Runner]] = _Breaks


FAULTS = {
    OtherName: "name",
    TakesAnything: "options",
    NoNearMatch: "options",
    OtherBytes: "same bytes",
    NeverLooks: "files compared",
    Silent: "prover",
    Guesses: "foreign op",
    RefusesAll: "random graphs",
    RoundsTiesUp: "zoo",
    RunsTheGraph: "the file is run",
    ReturnsAll: "only what was asked",
    Breaks: "damage",
}


@pytest.mark.parametrize("check", CHECKS)
def test_a_sound_back_end_passes(check, tmp_path):
    CHECKS[check](CopyBackend(), "copy", tmp_path / "copy")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_noticed(fault, tmp_path):
    with pytest.raises((AssertionError, ValueError, pytest.fail.Exception)):
        CHECKS[FAULTS[fault]](fault(), "copy", tmp_path / "copy")


def test_every_check_notices_a_fault():
    assert set(FAULTS.values()) == set(CHECKS)
