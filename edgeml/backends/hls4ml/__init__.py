"""hls4ml: a project for high-level synthesis, and its C simulation.

`planner` turns the graph into layers (`ops/<op>.py` each), `project` has hls4ml write them, `csim` compiles
and runs what was written. Every type is explicit; hls4ml decides nothing about precision.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, ClassVar

from edgeml import install
from edgeml.backends.base import Backend, Refusal, Runner
from edgeml.backends.hls4ml.csim import CSimulation
from edgeml.backends.hls4ml.options import Options, parse_options
from edgeml.backends.hls4ml.planner import Plan, plan_graph
from edgeml.files import FileSet
from edgeml.ir import Graph

__all__ = ["BACKEND", "Hls4ml", "Options"]


class Hls4ml(Backend):
    """hls4ml 1.3 projects from the exact graph."""

    name: ClassVar[str] = "hls4ml"
    folder: ClassVar[str] = "hls4ml"
    summary: ClassVar[str] = "hls4ml project for Vitis, Vivado, Quartus, oneAPI, Catapult or Libero"

    def missing(self) -> str:
        return "" if find_spec("hls4ml") else f"hls4ml is not installed ({install.command('hls4ml')})"

    def options(self, settings: Mapping[str, Any]) -> Options:
        return parse_options(settings)

    def limits(self, core: Graph, options: Any) -> tuple[Refusal, ...]:
        return _planned(core, options).refusals

    def write(self, graph: Graph, core: Graph, options: Any) -> FileSet:
        from edgeml.backends.hls4ml.project import build

        return build(graph, _planned(core, options), options)

    def runners(self) -> tuple[Runner, ...]:
        return (CSimulation(),)


def _planned(core: Graph, options: Options) -> Plan:
    return plan_graph(core, options.target().backend, options.io_type, options.project)


BACKEND = Hls4ml()
