"""Kernels of a stream: pipelines that treat every beat alike, carried out on one beat that stands for all.

An element of that beat stands for those at its lane in every beat of a sample, so its interval is theirs
together. What is shown of it holds for each of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from edgeml.backends.verilog.proof.driver import CoreDriver
from edgeml.backends.verilog.proof.frame import DELAY, ReadDesign, delayed
from edgeml.backends.verilog.proof.machine import DesignReader, ModuleScope
from edgeml.backends.verilog.proof.parser import read_module
from edgeml.backends.verilog.proof.places import CellPlace, Places, input_cell, places_in
from edgeml.backends.verilog.proof.stages import DesignStages
from edgeml.backends.verilog.proof.streamed.chain import ChainKernel
from edgeml.backends.verilog.proof.streamed.moves import PassedBeats
from edgeml.backends.verilog.proof.syntax import Module
from edgeml.backends.verilog.proof.words import BitRun, Signal, Word
from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.ir import Graph
from edgeml.ir.structure import NONE
from edgeml.stages.symbols import Atom, Number, element

_CORE = "u_core."
_WRAPPER = "edgeml_kernels"
_CLOCK: Signal = ("in", "clk")
_ENABLE: Signal = ("in", "ce")


@dataclass(frozen=True, eq=False)
class KernelStages:
    """A kernel that was carried out.

    Args:
        kernel: its place in the chain.
        graph: of one beat.
        starts: what passes at its inputs, by the name that the graph of a beat has for them.
        stages: of one beat.
        done: the design.
    """

    kernel: ChainKernel
    graph: Graph
    starts: Mapping[str, PassedBeats]
    stages: DesignStages
    done: ReadDesign


def carried_kernel(graph: Graph, kernel: ChainKernel, modules: Mapping[str, Module]) -> KernelStages:
    """Carry out a kernel on one beat.

    Args:
        graph: the whole graph, prepared.
        kernel: its place in the chain.
        modules: by name.

    Raises:
        EdgemlError: something is not understood.
    """
    core, design = kernel.tap.core, kernel.tap.design
    assert core is not None and design is not None
    names = {port.identifier: port.value for port in core.inputs}
    if set(names) != set(kernel.starts):
        raise EdgemlError(f"{kernel.module} has other inputs", kernel.name, "export again")
    starts = {names[port]: beats for port, beats in kernel.starts.items()}
    path = f"{_CORE}{kernel.name}."
    places = {name: _inside(value, path) for name, value in places_in(design, path).items()}
    own = design.graph
    ends = {name: _ends(graph, own, name, starts) for name in places}
    while True:
        done = _carried(own, kernel, modules, path, _atoms(places, ends), ends)
        stages = DesignStages(own, places, _atoms(places, ends), done)
        partial = stages.partial()
        if partial is None:
            return KernelStages(kernel, own, starts, stages, done)
        del places[partial]


def _ends(
    graph: Graph, own: Graph, name: str, starts: Mapping[str, PassedBeats]
) -> tuple[IntArray, IntArray]:
    """The smallest and largest code of each element of a beat, whatever the beat."""
    size = own.info(name).size
    beats = starts.get(name)
    source = name if beats is None else beats.value
    if source not in graph.infos:
        raise EdgemlError("is no value of the graph", source, "export again")
    info = graph.info(source)
    _same_scale(graph, own, name, beats)
    if beats is None:
        if info.size % size:
            raise EdgemlError(f"comes in beats of {size} elements", name, "export again")
        return info.lo.reshape(-1, size).min(axis=0), info.hi.reshape(-1, size).max(axis=0)
    if beats.lanes != size:
        raise EdgemlError(f"comes in beats of {beats.lanes} elements, not of {size}", name, "export again")
    at = np.maximum(beats.ids, 0)
    lo = np.where(beats.ids == NONE, beats.codes, info.lo.reshape(-1)[at]).min(axis=0)
    hi = np.where(beats.ids == NONE, beats.codes, info.hi.reshape(-1)[at]).max(axis=0)
    return lo, hi


def _same_scale(graph: Graph, own: Graph, name: str, beats: PassedBeats | None) -> None:
    """Refuse a value whose codes have another LSB in a beat."""
    source = name if beats is None else beats.value
    info, beat = graph.info(source), own.info(name)
    fracs = np.broadcast_to(np.asarray(info.type.frac), info.shape).reshape(-1)
    here = np.broadcast_to(np.asarray(beat.type.frac), beat.shape).reshape(-1)
    there = fracs.reshape(-1, beat.size) if beats is None else fracs[np.maximum(beats.ids, 0)]
    constant = np.zeros_like(there, bool) if beats is None else beats.ids == NONE
    if np.any((there != here) & ~constant):
        raise EdgemlError("has another LSB in the stream than in the graph", name, "use mode=parallel")


def _inside(value: Sequence[CellPlace | None], path: str) -> tuple[CellPlace | None, ...]:
    """The places of a value, with inputs that no other kernel has."""
    return tuple(
        place
        if place is None or not place.cell or place.cell.startswith(path)
        else replace(place, cell=path + place.cell)
        for place in value
    )


Ends = Mapping[str, tuple[IntArray, IntArray]]


def _cell(ends: tuple[IntArray, IntArray], at: int, place: CellPlace) -> Atom:
    lo, hi, shift = int(ends[0][at]), int(ends[1][at]), place.shift
    if shift >= 0:
        return Atom(place.cell, 0, -(-lo >> shift), hi >> shift)
    return Atom(place.cell, 0, lo << -shift, hi << -shift)


def _atoms(places: Places, ends: Ends) -> dict[str, Atom]:
    atoms: dict[str, Atom] = {}
    for name, value in places.items():
        for at, place in enumerate(value):
            if place is not None and place.cell and place.cell not in atoms:
                atoms[place.cell] = _cell(ends[name], at, place)
    return atoms


def _carried(
    own: Graph,
    kernel: ChainKernel,
    modules: Mapping[str, Module],
    path: str,
    atoms: Mapping[str, Atom],
    ends: Ends,
) -> ReadDesign:
    core = kernel.tap.core
    assert core is not None
    machine = DesignReader(modules, atoms, {DELAY: delayed}, _CLOCK, _ENABLE)
    module = modules[kernel.module]
    names = {port.identifier: port.value for port in core.inputs}
    pins: dict[str, list[tuple[int, str | int]]] = {}
    ages: dict[str, int] = {}

    def at_port(port: str, width: int) -> Word:
        if port in ("clk", "ce"):
            return Word((BitRun(width, ("in", port)),))
        name, beats = names[port], kernel.starts[port]
        runs: list[BitRun] = []
        pins[port] = []
        for at in range(beats.lanes):
            cell = path + input_cell(name, at)
            number = element(atoms.get(cell) or _cell(ends[name], at, CellPlace(cell)))
            runs.append(BitRun(beats.width, number, None if isinstance(number, int) else 0))
            pins[port].append((beats.width, number if isinstance(number, int) else cell))
            ages[cell] = 0
        return Word(tuple(runs))

    scope = ModuleScope(machine, module, path, {}, at_port)
    try:
        scope.settled()
    except RecursionError:
        raise EdgemlError("is nested too deeply", module.file) from None
    bus, after = scope.bus(kernel.port), kernel.after
    numbers: list[Number] = []
    for at in range(after.lanes):
        word = bus.cut(at * after.width, after.width, machine.words)
        late = [run.clock for run in word.runs if run.clock not in (None, kernel.stages)]
        if late:
            reason = f"data are {late[0]} clocks old, their valid bit {kernel.stages}"
            raise EdgemlError(reason, module.file)
        numbers.append(machine.words.read(word, after.signed)[0])
    return ReadDesign(machine, modules, module, pins, ages, {own.outputs[0]: numbers})


def driver_of(kernels: Sequence[KernelStages], modules: Mapping[str, Module]) -> CoreDriver:
    """A program that drives the wires of all kernels, which stand side by side."""
    ports, lines = ["input wire clk", "input wire ce"], list[str]()
    inputs: dict[str, Sequence[tuple[int, str | int]]] = {}
    cuts = {key: cut for one in kernels for key, cut in one.done.machine.cuts.items()}
    for number, one in enumerate(kernels):
        pins = [".clk(clk)", ".ce(ce)"]
        for at, (port, cells) in enumerate(one.done.pins.items()):
            name = f"s{number}_{at}"
            inputs[name] = cells
            ports.append(f"input wire [{sum(width for width, _ in cells) - 1}:0] {name}")
            pins.append(f".{port}({name})")
        ports.append(f"output wire [{one.kernel.after.bits - 1}:0] m{number}")
        pins.append(f".{one.kernel.port}(m{number})")
        lines.append(f"  {one.kernel.module} {one.kernel.name} ({', '.join(pins)});")
    text = f"module {_WRAPPER} ({', '.join(ports)});\n" + "\n".join(lines) + "\nendmodule\n"
    wrapper = read_module(text, f"{_WRAPPER}.v")
    used = {_WRAPPER: wrapper} | _reached(modules, [one.kernel.module for one in kernels])
    return CoreDriver(used, wrapper, _CORE, cuts, inputs)


def _reached(modules: Mapping[str, Module], names: Sequence[str]) -> dict[str, Module]:
    """Modules and those inside of them."""
    waiting, results = list(names), dict[str, Module]()
    while waiting:
        name = waiting.pop()
        if name not in results:
            results[name] = modules[name]
            waiting += [inner.module for inner in modules[name].instances]
    return results
