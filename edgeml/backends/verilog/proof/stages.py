"""The values of a graph that are wires of a design, as functions of the wires that hold others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from edgeml.backends.verilog.proof.driver import CoreDriver
from edgeml.backends.verilog.proof.frame import ReadDesign
from edgeml.backends.verilog.proof.places import CellPlace, Places
from edgeml.backends.verilog.proof.sharing import levels_of, resolved
from edgeml.backends.verilog.proof.sources import StageSources, chosen_sources
from edgeml.errors import EdgemlError
from edgeml.fixed import NO_CODE, IntArray
from edgeml.ir import Graph
from edgeml.ir.structure import Form, Structure, unknown
from edgeml.stages import ArtefactStage
from edgeml.stages.assembling import of_shape, structure_of
from edgeml.stages.symbols import Atom, Number, Sym, element, support


@dataclass(frozen=True)
class _Part:
    """A value that is wires, or some of whose elements are.

    Args:
        own: wires that hold no value before it.
        numbers: the elements.
        sources: the values that are read.
    """

    own: set[str]
    numbers: list[Number]
    sources: StageSources


class DesignStages:
    """The stages of a design.

    Args:
        graph: prepared.
        places: of all elements.
        atoms: by wire.
        done: the design that was carried out.

    Attributes:
        driver: drives the wires; it has to be there before a stage is run.
    """

    def __init__(self, graph: Graph, places: Places, atoms: Mapping[str, Atom], done: ReadDesign) -> None:
        self._graph, self._places, self._atoms, self._done = graph, places, atoms, done
        self._functions = done.machine.words.functions
        self._stages = self._found_stages()
        self.driver: CoreDriver | None = None

    def _found_stages(self) -> dict[str, _Part]:
        """The values that are wires, in the order of the graph."""
        cells: set[str] = set()
        shown, parts = set(self._graph.inputs), dict[str, _Part]()
        for name, value in self._places.items():
            own = {place.cell for place in value if place is not None and place.cell} - cells
            cells |= own
            if name in self._graph.inputs or not own:
                continue
            missing = next((cell for cell in sorted(own) if cell not in self._done.machine.cuts), None)
            if missing is not None:
                raise EdgemlError(f"there is no wire {missing}, or nothing reads it", name, "export again")
            numbers = self._numbers_of(name, own)
            parts[name] = _Part(own, numbers, self._sources(name, numbers, shown))
            shown.add(name)
        return parts

    def partial(self) -> str | None:
        """A value of which a stage reads some wires, and does not read what the graph reads; or None.

        Where the emitter has put a value's op and the next one together for some of the elements, the others
        alone are no value.
        """
        for part in self._stages.values():
            owners = [
                name for name, other in self._stages.items() if not other.own.isdisjoint(part.sources.missing)
            ]
            if owners:
                return owners[-1]
        return None

    def inner(self) -> Iterator[ArtefactStage]:
        """The stages of values that are wires, in the order of the graph."""
        for name in self._stages:
            yield self._stage(name)

    def wires(self, name: str) -> tuple[set[str], StageSources, tuple[CellPlace | None, ...]]:
        """The wires of a value that hold none before it, what they are computed from, and all places."""
        return self._stages[name].own, self._stages[name].sources, self._places[name]

    def interval(self, cell: str) -> tuple[int, int]:
        """The least and the largest number on a wire."""
        atom = self._atoms[cell]
        return atom.lo, atom.hi

    def every(self) -> Iterator[ArtefactStage]:
        """All stages, in the order of the graph."""
        yield from self.inner()
        for name, numbers in self._done.outputs.items():
            yield from self._output(name, numbers)

    # ---------------------------------------------------------------- inner values

    def _numbers_of(self, name: str, own: set[str]) -> list[Number]:
        """The elements of a value, some of which are wires of its own."""
        machine, numbers = self._done.machine, list[Number]()
        inner = resolved({cell: machine.cuts[cell].number for cell in sorted(own)}, machine.words.algebra)
        for place in self._places[name]:
            if place is None or not place.cell:
                numbers.append(0 if place is None else place.code)
            elif place.cell in own:
                numbers.append(inner[place.cell])
            else:
                numbers.append(element(self._atoms[place.cell]))
        return numbers

    def _stage(self, name: str) -> ArtefactStage:
        info, part = self._graph.info(name), self._stages[name]
        numbers, sources = [self._settled(x) for x in part.numbers], part.sources
        structure = self._structure(name, numbers, sources)
        absent = np.array([place is None for place in self._places[name]]).reshape(info.shape)

        def run(codes: Mapping[str, IntArray]) -> IntArray:
            return of_shape(self._run(name, part.own, sources, codes), info.shape, name)

        return ArtefactStage(name, sources.names, structure, "", run, sources.elements(absent))

    def _settled(self, x: Number) -> Number:
        """A function of one element, which says whether it falls anywhere."""
        if isinstance(x, int) or x.root is None or x.affine or x.rising:
            return x
        return self._functions.tabled(x)

    def _sources(self, name: str, numbers: Sequence[Number], shown: Collection[str]) -> StageSources:
        cells = {atom.owner for x in numbers for atom in support(x)}
        return chosen_sources(self._graph, self._places, shown, name, cells)

    def _structure(self, name: str, numbers: Sequence[Number], sources: StageSources) -> Structure:
        shape = self._graph.info(name).shape
        if sources.missing:
            reason = f"reads {sources.missing[0]}, which holds nothing of what the graph reads there"
            return unknown(shape, reason)
        structure = structure_of(numbers, shape, lambda atom: sources.first[atom.owner])
        if structure.form is Form.UNKNOWN:
            return structure
        value = self._places.get(name, (None,) * len(numbers))
        return self._scaled(structure, numbers, sources, value)

    def _scaled(
        self,
        structure: Structure,
        numbers: Sequence[Number],
        sources: StageSources,
        value: Sequence[CellPlace | None],
    ) -> Structure:
        """A structure of codes instead of numbers on wires: equal rules have equal scales."""
        shifts: list[tuple[object, ...]] = []
        for x, place in zip(numbers, value, strict=True):
            ones = () if isinstance(x, int) else x.parts or (((x.root, x.key),) if x.root else ())
            scales = tuple(sorted({sources.shifts[atom.owner] for atom, _ in ones}))
            if structure.form is not Form.SUM and len(scales) > 1:
                if structure.form is Form.POSITION:
                    return unknown(structure.shape, "a position among elements of different scales")
                structure = replace(structure, uniform=False)
            shifts.append((scales, 0 if place is None else place.shift))
        keys: dict[tuple[object, ...], int] = {}
        flat = structure.rules.reshape(-1).tolist()
        rules = [keys.setdefault((rule, *more), len(keys)) for rule, more in zip(flat, shifts, strict=True)]
        return replace(structure, rules=np.array(rules, np.int64).reshape(structure.shape))

    def _run(
        self, name: str, own: set[str], sources: StageSources, codes: Mapping[str, IntArray]
    ) -> IntArray:
        """Codes (vectors, elements) of a value: its wires from Verilator, other elements from the sources."""
        count = max((len(part) for part in codes.values()), default=1)
        flat = [codes[source].reshape(count, -1) for source in sources.names]
        columns = np.concatenate([*flat, np.zeros((count, 0), np.int64)], axis=1)
        wires_cut = self._done.machine.cuts
        puts: dict[str, tuple[IntArray, int]] = {}
        for cell, at in sources.first.items():
            age = self._done.ages.get(cell, wires_cut[cell].clock if cell in wires_cut else None)
            if age is not None:
                puts[cell] = _moved(columns[:, at], -sources.shifts[cell]), age
        got = self._driven(own, puts, count)
        results = np.zeros((count, len(self._places[name])), np.int64)
        for at, place in enumerate(self._places[name]):
            if place is None:
                continue
            if not place.cell:
                results[:, at] = place.code
            elif place.cell not in sources.first and place.cell not in own:  # of one code only
                results[:, at] = _moved(np.array(self._atoms[place.cell].lo), place.shift)
            elif place.cell in own:
                results[:, at] = _moved(got[place.cell], place.shift)
            else:
                number = _moved(columns[:, sources.first[place.cell]], -sources.shifts[place.cell])
                results[:, at] = _moved(number, place.shift)
        return results

    def _driven(
        self, own: set[str], puts: dict[str, tuple[IntArray, int]], count: int
    ) -> dict[str, IntArray]:
        """The numbers of the wires of one value, those first from which others of it are computed."""
        wires_cut, results = self._done.machine.cuts, dict[str, IntArray]()
        levels = levels_of({cell: wires_cut[cell].number for cell in sorted(own)})
        rest = min((age for _, age in puts.values()), default=0)
        for level in range(max(levels.values()) + 1):
            wires = [cell for cell in levels if levels[cell] == level]
            ages = {cell: wires_cut[cell].clock for cell in wires}
            gets = [(cell, rest if age is None else age) for cell, age in ages.items()]
            assert self.driver is not None
            table = np.broadcast_to(self.driver.run(puts, gets), (count, len(wires)))
            results |= dict(zip(wires, table.T, strict=True))
            puts |= {cell: (results[cell], age) for cell, age in ages.items() if age is not None}
        return results

    # ---------------------------------------------------------------- outputs

    def _output(self, name: str, numbers: Sequence[Number]) -> Iterator[ArtefactStage]:
        """The codes in the lanes of an output, which are its wires or others."""
        info = self._graph.info(name)
        sources = self._sources(name, numbers, {*self._graph.inputs, *self._stages})
        structure = self._structure(name, numbers, sources)
        structure = replace(structure, rules=np.arange(info.size).reshape(info.shape))

        def run(codes: Mapping[str, IntArray]) -> IntArray:
            count = max((len(part) for part in codes.values()), default=1)
            flat = [codes[source].reshape(count, -1) for source in sources.names]
            columns = np.concatenate([*flat, np.zeros((count, 0), np.int64)], axis=1)
            results = np.zeros((count, info.size), np.int64)
            for at, x in enumerate(numbers):
                if isinstance(x, int):
                    results[:, at] = x
                    continue
                if x.root is None:
                    raise EdgemlError("an output that is no wire of a value is not driven alone", name)
                cell = x.root.owner
                wires = _moved(columns[:, sources.first[cell]], -sources.shifts[cell])
                values = self._functions.values(x, wires)
                results[:, at] = NO_CODE if values is None else values
            return results.reshape(-1, *info.shape)

        if any(isinstance(x, Sym) and (x.root is None or not x.affine) for x in numbers):
            structure = unknown(info.shape, "an output that is no wire of a value")
        absent = np.zeros(info.shape, bool)
        yield ArtefactStage(name, sources.names, structure, "", run, sources.elements(absent))


def _moved(numbers: IntArray, bits: int) -> IntArray:
    return numbers << bits if bits >= 0 else numbers >> -bits
