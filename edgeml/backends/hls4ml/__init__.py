"""hls4ml: a project for high-level synthesis, and its C simulation.

`planner` turns the graph into layers (`ops/<op>.py` each), `project` has hls4ml write them, `csim` compiles
and runs what was written. Every type is explicit; hls4ml decides nothing about precision.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from edgeml import install
from edgeml.backend import Backend, Runner
from edgeml.backends.hls4ml.csim import CSimulation
from edgeml.backends.hls4ml.fresh import compare_project
from edgeml.backends.hls4ml.manifest import Hls4mlManifest
from edgeml.backends.hls4ml.options import Hls4mlOptions, parse_options
from edgeml.backends.hls4ml.planner import LayerPlan, plan_graph
from edgeml.backends.hls4ml.prover import Hls4mlProver
from edgeml.deviations import Deviation
from edgeml.files import FileSet
from edgeml.ir import Graph
from edgeml.ir.ops.conv import Conv

__all__ = ["BACKEND", "Hls4mlBackend", "Hls4mlOptions"]


class Hls4mlBackend(Backend):
    """hls4ml 1.3 projects from the exact graph."""

    name: ClassVar[str] = "hls4ml"
    folder: ClassVar[str] = "hls4ml"
    summary: ClassVar[str] = "hls4ml project for Vitis, Vivado, Quartus, oneAPI, Catapult or Libero"

    def missing(self) -> str:
        return "" if find_spec("hls4ml") else f"hls4ml is not installed ({install.command('hls4ml')})"

    def options(self, settings: Mapping[str, Any]) -> Hls4mlOptions:
        return parse_options(settings)

    def for_check(self, graph: Graph, settings: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
        size, seconds = compile_time(graph)
        if seconds < LONG_SECONDS or settings.get("io_type") == "io_stream":
            return settings, ""
        why = f"with io_parallel a convolution of {size:,} values compiles for about {seconds:,.0f} s"
        stream = {**settings, "io_type": "io_stream"}
        if "io_type" in settings or self.refusals(graph, self.options(stream)):
            return settings, why
        return stream, f"as io_stream, for {why}"

    def plan(self, core: Graph, options: Hls4mlOptions) -> LayerPlan:
        return plan_graph(core, options.target().backend, options.io_type, options.project)

    def write(self, graph: Graph, plan: LayerPlan, options: Any) -> FileSet:
        from edgeml.backends.hls4ml.project import build

        return build(graph, plan, options)

    def compare_files(self, folder: Path, graph: Graph) -> tuple[Deviation, ...]:
        options = self.options(Hls4mlManifest.read(folder).settings(str(folder)))
        return compare_project(folder, self.emit(graph, options))

    def runners(self) -> tuple[Runner, ...]:
        return (CSimulation(),)

    def prover(self) -> Hls4mlProver:
        return Hls4mlProver()


LONG_SECONDS = 60.0
"""A check notes a compilation that takes longer than this, in seconds."""


def compile_time(graph: Graph) -> tuple[int, float]:
    """Values of the largest convolution, and the seconds for which g++ compiles an io_parallel project of it.

    The time grows with the square of the values: measured with -O1 on one core of a server, 18 s for 5,408,
    77 s for 14,400 and 308 s for 28,800, where io_stream took 13, 8 and 62 s.
    """
    convolutions = [node for node in graph.nodes if isinstance(node.op, Conv)]
    size = max((graph.info(name).size for n in convolutions for name in (n.name, n.inputs[0])), default=0)
    return size, 7 + 3.7e-7 * size**2 if size else 0.0


BACKEND = Hls4mlBackend()
