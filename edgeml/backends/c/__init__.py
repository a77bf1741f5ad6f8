"""C: portable C99 on integers for microcontrollers, and the same program run on this machine.

`plan` puts ops together to steps and places their results in an arena, `ops/<op>.py` write the steps as
functions, `model`, `header`, `selftest` and `project` the files around them, `runner` compiles and runs what
was written, with the sanitizers of the compiler, and `emulated` does so on emulated microcontrollers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from edgeml.backend import Backend, Runner
from edgeml.backends.c.build import build
from edgeml.backends.c.emulated import on_core
from edgeml.backends.c.fresh import compare_program
from edgeml.backends.c.options import COptions, parse_options
from edgeml.backends.c.plan import program
from edgeml.backends.c.ports import MANIFEST, CManifest
from edgeml.backends.c.prover import CProver
from edgeml.backends.c.runner import HostProgram
from edgeml.backends.c.steps import Program
from edgeml.deviations import Deviation
from edgeml.files import FileSet
from edgeml.ir import Graph
from edgeml.mcus import cores

__all__ = ["BACKEND", "C", "COptions"]


class C(Backend):
    """The C back end: portable C99 from the exact graph."""

    name: ClassVar[str] = "c"
    folder: ClassVar[str] = "c"
    summary: ClassVar[str] = "portable C99 on integers, for microcontrollers, and the same on this machine"

    def options(self, settings: Mapping[str, Any]) -> COptions:
        return parse_options(settings)

    def plan(self, core: Graph, options: Any) -> Program:
        return program(core)

    def write(self, graph: Graph, plan: Program, options: Any) -> FileSet:
        return build(graph, plan, options)

    def compare_files(self, folder: Path, graph: Graph) -> tuple[Deviation, ...]:
        options = self.options(CManifest.read(folder / MANIFEST).options)
        return compare_program(folder, self.emit(graph, options))

    def runners(self) -> tuple[Runner, ...]:
        return (HostProgram(),)

    def prover(self) -> CProver:
        return CProver()

    def named_runners(self) -> tuple[Runner, ...]:
        return tuple(on_core(cores.load(name)) for name in cores.names())


BACKEND = C()
