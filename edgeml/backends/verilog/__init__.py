"""Verilog: synthesizable, readable, without vendor primitives, and its simulation with Verilator.

`design` turns the graph into integer cells (`ops/<op>.py` each, matrix products through da4ml in `linear`),
`schedule` puts registers between them, `module` and `top` write them down, `build` puts the files together,
and `runner` compiles and runs what was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from edgeml import install
from edgeml.backend import Backend, Runner
from edgeml.backends.verilog.build import DesignPlan, build, plan_design
from edgeml.backends.verilog.fresh import compare_design
from edgeml.backends.verilog.interpreted import Interpretation
from edgeml.backends.verilog.manifest import MANIFEST, VerilogManifest
from edgeml.backends.verilog.options import VerilogOptions, parse_options
from edgeml.backends.verilog.proof.prover import VerilogProver
from edgeml.backends.verilog.runner import Simulation
from edgeml.deviations import Deviation
from edgeml.files import FileSet
from edgeml.ir import Graph
from edgeml.passes import prepare_circuit

__all__ = ["BACKEND", "Verilog", "VerilogOptions"]


class Verilog(Backend):
    """The Verilog back end: synthesizable modules from the exact graph."""

    name: ClassVar[str] = "verilog"
    folder: ClassVar[str] = "verilog"
    summary: ClassVar[str] = "Verilog with AXI4-Stream ports, for any FPGA, and its simulation"

    def missing(self) -> str:
        return "" if find_spec("da4ml") else f"da4ml is not installed ({install.command('verilog')})"

    def options(self, settings: Mapping[str, Any]) -> VerilogOptions:
        return parse_options(settings)

    def prepared(self, graph: Graph) -> Graph:
        return prepare_circuit(graph)

    def plan(self, core: Graph, options: Any) -> DesignPlan:
        return plan_design(core, options)

    def write(self, graph: Graph, plan: DesignPlan, options: Any) -> FileSet:
        return build(plan, graph.digest, options)

    def compare_files(self, folder: Path, graph: Graph) -> tuple[Deviation, ...]:
        settings = VerilogManifest.read(folder).settings(str(folder / MANIFEST))
        fresh = self.emit(graph, self.options(settings))
        return compare_design(folder, fresh, VerilogManifest.parse(fresh[MANIFEST], MANIFEST))

    def runners(self) -> tuple[Runner, ...]:
        return (Simulation(),)

    def early_runner(self) -> Runner | None:
        runner = Interpretation()
        return None if runner.available() else runner

    def prover(self) -> VerilogProver:
        return VerilogProver()


BACKEND = Verilog()
