"""The stages of Verilog: the wires that hold one value, as functions of the wires that hold others.

Carrying the text out shows what the wires of a value are, and how many clocks they are behind; Verilator,
driving exactly these wires, shows their integers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

from edgeml import install
from edgeml.backends.verilog.build import build, plan_design
from edgeml.backends.verilog.manifest import MANIFEST, VerilogManifest
from edgeml.backends.verilog.options import parse_options
from edgeml.backends.verilog.proof.driver import CoreDriver
from edgeml.backends.verilog.proof.equal import equal_modules
from edgeml.backends.verilog.proof.frame import carried_out, read_design
from edgeml.backends.verilog.proof.opinion import second_opinion
from edgeml.backends.verilog.proof.places import Places, input_cell, places_of
from edgeml.backends.verilog.proof.stages import DesignStages
from edgeml.backends.verilog.proof.streamed.stages import streamed_stages
from edgeml.backends.verilog.proof.syntax import Module
from edgeml.backends.verilog.runner import check_ports
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.ir import Graph
from edgeml.stages import ArtefactStage, CodedInput, Prover, QuantizerStage, Reference, SecondOpinion
from edgeml.stages.symbols import Atom, Number, element
from edgeml.tools import verilator

_CORE = "u_core."


class VerilogProver(Prover):
    """Cuts a design that takes a whole sample per beat at the wires that hold elements of values."""

    covers: ClassVar[str] = (
        "Verilator computes what IEEE 1364 says, in a layer alone as in the whole design; a clock edge moves "
        "all registers, and edgeml's own modules (edgeml_pipe_control, edgeml_skid, edgeml_delay, and those "
        "of streams), whose text is compared, do what docs/proofs.md says. Not "
        "covered: latency and interval (edgeml check measures them), and what synthesis makes of the text"
    )

    def missing(self) -> str:
        if not find_spec("da4ml"):
            return f"da4ml is not installed ({install.command('verilog')})"
        return verilator.missing()

    def stages(self, folder: Path, graph: Graph) -> Iterator[ArtefactStage | QuantizerStage | CodedInput]:
        manifest = VerilogManifest.read(folder)
        check_ports(manifest, graph, folder)
        files = _texts(folder, manifest)
        for name in graph.inputs:
            yield CodedInput(name)
        if manifest.mode == "parallel":
            yield from _cut(manifest, read_design(files), graph).every()
        else:
            yield from streamed_stages(manifest, files, graph)

    def second_opinion(
        self, folder: Path, graph: Graph, reference: Callable[[ArtefactStage], Reference]
    ) -> SecondOpinion | None:
        manifest = VerilogManifest.read(folder)
        if manifest.mode != "parallel":
            return None
        return second_opinion(_cut(manifest, read_design(_texts(folder, manifest)), graph), reference)

    def rewritten(self, folder: Path, graph: Graph, scratch: Path) -> str:
        manifest = VerilogManifest.read(folder)
        options = parse_options(manifest.settings(str(folder / MANIFEST)))
        fresh = build(plan_design(graph, options), manifest.graph, options)
        other = VerilogManifest.parse(fresh[MANIFEST], MANIFEST)
        if other != manifest:
            raise EdgemlError("is another one than would be written today", MANIFEST)
        texts = {name: fresh[name].decode() for name in other.files}
        changed = equal_modules(manifest.top, _texts(folder, manifest), texts)
        fresh.write(scratch)
        return (
            f"as circuits equal, by Yosys, to others that are proven: {', '.join(changed)}" if changed else ""
        )


def _texts(folder: Path, manifest: VerilogManifest) -> dict[str, str]:
    """The texts of a design by file name."""
    return {
        name: read_bytes(folder / name, "file of Verilog").decode(errors="replace") for name in manifest.files
    }


def _cut(manifest: VerilogManifest, modules: Mapping[str, Module], graph: Graph) -> DesignStages:
    """The design, cut at the values of the graph but for those of which parts only were left."""
    places = dict(places_of(graph, _CORE))
    while True:
        atoms = _atoms(graph, places)
        inputs = {name: _numbers(graph, atoms, name) for name in graph.inputs}
        done = carried_out(manifest, modules, inputs, atoms)
        stages = DesignStages(graph, places, atoms, done)
        partial = stages.partial()
        if partial is None:
            stages.driver = CoreDriver(done.modules, done.core, _CORE, done.machine.cuts, done.pins)
            return stages
        del places[partial]


def _cell_ends(graph: Graph, name: str, at: int, shift: int) -> tuple[int, int]:
    """The interval of a wire from that of the element that it holds."""
    info = graph.info(name)
    lo, hi = int(info.lo.reshape(-1)[at]), int(info.hi.reshape(-1)[at])
    return (-(-lo >> shift), hi >> shift) if shift >= 0 else (lo << -shift, hi << -shift)


def _atoms(graph: Graph, places: Places) -> dict[str, Atom]:
    """One element for every wire that holds one, and for every element of the inputs."""
    atoms: dict[str, Atom] = {}
    for name, value in places.items():
        for at, place in enumerate(value):
            if place is not None and place.cell and place.cell not in atoms:
                atoms[place.cell] = Atom(place.cell, 0, *_cell_ends(graph, name, at, place.shift))
    return atoms


def _numbers(graph: Graph, atoms: Mapping[str, Atom], name: str) -> list[Number]:
    """The numbers of the elements of an input."""
    cells = [input_cell(name, at) for at in range(graph.info(name).size)]
    ends = [_cell_ends(graph, name, at, 0) for at in range(len(cells))]
    return [element(atoms.get(cell, Atom(cell, 0, *end))) for cell, end in zip(cells, ends, strict=True)]
