"""A novel back end: the artefact is a copy of the graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from edgeml.backend import Backend, GraphPlan, Runner, Takes
from edgeml.deviations import Deviation
from edgeml.files import FileSet, read_bytes
from edgeml.fixed import IntArray
from edgeml.ir import Graph, evaluate_codes
from edgeml.ir.saved import load, save
from edgeml.settings import Settings, parse_settings
from edgeml.stages import NoProver


class NovelOptions(Settings):
    """One option, so that a misspelt one has a near match."""

    indent: int = 1


class NovelRunner(Runner):
    """Evaluates the graph that lies in the folder."""

    name: ClassVar[str] = "novel_runner"
    artefact: ClassVar[str] = "novel.json"
    takes: ClassVar[Takes] = Takes.CODES

    def available(self) -> str:
        return ""

    def run(
        self, folder: Path, graph: Graph, inputs: Mapping[str, IntArray], keep: Sequence[str] = ()
    ) -> dict[str, IntArray]:
        stored = load(folder, "novel")
        return evaluate_codes(stored, inputs, [*graph.outputs, *(n for n in keep if n in stored.infos)])


class NovelBackend(Backend):
    """Copies."""

    name: ClassVar[str] = "novel_backend"
    folder: ClassVar[str] = "novel"
    summary: ClassVar[str] = "a copy of the graph"

    def options(self, settings: Mapping[str, Any]) -> Any:
        return parse_settings(NovelOptions, settings, self.name)

    def plan(self, core: Graph, options: Any) -> GraphPlan:
        return GraphPlan(core)

    def write(self, graph: Graph, plan: GraphPlan, options: Any) -> FileSet:
        return save(plan.graph, "novel")

    def compare_files(self, folder: Path, graph: Graph) -> tuple[Deviation, ...]:
        fresh = self.emit(graph)
        return tuple(
            Deviation(name, "differs") for name in fresh if read_bytes(folder / name, "copy") != fresh[name]
        )

    def runners(self) -> tuple[Runner, ...]:
        return (NovelRunner(),)

    def prover(self) -> NoProver:
        return NoProver("nothing proves it")


BACKEND = NovelBackend()
