"""The stages of the C: each layer's function, cut where it computes a value of the graph on the way.

Carrying a function out shows what it makes of the elements that it reads (`layers`); running it, compiled
with sanitizers, shows what it makes of vectors (`driver`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from edgeml.backends.c.driver import Drive, Driver
from edgeml.backends.c.layers import CarriedOut, CutVariable, Layer, carried_out
from edgeml.backends.c.parser import read_unit
from edgeml.backends.c.ports import MANIFEST, CManifest
from edgeml.backends.c.runner import HostProgram, check_ports, read_source
from edgeml.fixed import NO_CODE, IntArray
from edgeml.ir import Graph
from edgeml.ir.between import nodes_between, structure_between
from edgeml.ir.evaluate import run_nodes
from edgeml.ir.structure import Form, Structure, constant, marked, unknown
from edgeml.stages import ArtefactStage, CodedInput, Prover, QuantizerStage
from edgeml.stages.assembling import of_shape, structure_of, unread
from edgeml.stages.symbols import Atom, Number, Sym, support

_SOURCE, _HEADER = "src/model.c", "src/model.h"
_DEFINED = frozenset({"EDGEML_TRACE"})
_TRIED = 16
"""Random vectors of each kind that show which value of the graph a variable holds."""


_MORE_BITS = 4
"""Fractional bits that a variable may have more than the value of the graph that it holds."""


@dataclass(frozen=True, eq=False)
class _CutValue:
    """A variable that holds a value of the graph: number = code * 2^shift."""

    variable: CutVariable
    value: str
    shift: IntArray


class CProver(Prover):
    """Cuts model.c at the results of its layers and at the variables that a layer's ops need."""

    covers: ClassVar[str] = (
        "the compiler computes what C99 says, in a layer alone as in the whole program; codes go in and come "
        "out as the C's own types. Not covered: the conversion of floats (EDGEML_USE_FLOAT), the loops for "
        "DSP extensions (EDGEML_USE_DSP), and what model.h says of scales"
    )

    def missing(self) -> str:
        return HostProgram().available()

    def stages(self, folder: Path, graph: Graph) -> Iterator[ArtefactStage | QuantizerStage | CodedInput]:
        manifest = CManifest.read(folder / MANIFEST)
        check_ports(manifest, graph, folder)
        files = {name: read_source(folder / name) for name in (*manifest.sources, *manifest.headers)}
        source, header = (files[name].decode(errors="replace") for name in (_SOURCE, _HEADER))
        where = str(folder / _SOURCE)
        unit = read_unit(source, header, _DEFINED, where)
        done = carried_out(unit, manifest, graph, where)
        for name in graph.inputs:
            yield CodedInput(name)

        shown = set[str]()

        def parts_of(drives: Sequence[Drive], holders: Mapping[str, _CutValue] = {}) -> _Parts:
            return _Parts(graph, Driver(files, _SOURCE, manifest, drives), drives, shown, holders)

        parts = parts_of([drive for layer in done.layers for drive in _drives(layer)])
        for number, layer in enumerate(done.layers):
            stages = list(parts.of(layer))
            if _open(graph, stages):
                cuts = [one for name in layer.functions for one in done.variables[name]]
                candidates = layer.with_cuts(cuts)
                holders = parts_of([Drive(candidates, (), cut) for cut in cuts]).holders(candidates)
                always = frozenset(holders)
                again = carried_out(unit, manifest, graph, where, always).layers[number]
                others = list(parts_of(_drives(again), holders).of(again))
                stages = min(stages, others, key=lambda some: _open(graph, some))
            yield from stages
            shown.add(layer.result.port.value)
        yield from _outputs(graph, done)


def _open(graph: Graph, stages: Sequence[ArtefactStage]) -> int:
    """The number of stages whose structure is not known on both sides."""
    return sum(
        Form.UNKNOWN in (one.structure.form, structure_between(graph, one.sources, one.value).form)
        for one in stages
    )


def _drives(layer: Layer) -> list[Drive]:
    """The parts of a layer: each variable that is cut, and the result, each given the variables before it."""
    earlier: list[CutVariable] = []
    drives: list[Drive] = []
    for cut in [*layer.cuts, None]:
        numbers = layer.numbers if cut is None else cut.numbers
        owners = {atom.owner for x in numbers for atom in support(x)}
        drives.append(Drive(layer, tuple(one for one in earlier if one.owner in owners), cut))
        if cut is not None:
            earlier.append(cut)
    return drives


class _Parts:
    """The stages of layers.

    Args:
        graph: prepared.
        driver: runs the parts.
        drives: all parts.
        shown: the results of the layers before, which is added to from outside.
        holders: variables, by their names among all, of which it is known what they hold.
    """

    def __init__(
        self,
        graph: Graph,
        driver: Driver,
        drives: Sequence[Drive],
        shown: AbstractSet[str],
        holders: Mapping[str, _CutValue],
    ) -> None:
        self._graph, self._driver, self._drives, self._shown = graph, driver, drives, shown
        self._holders = holders
        self._values: dict[str, _CutValue] = {}

    def of(self, layer: Layer) -> Iterator[ArtefactStage]:
        """The stages of a layer, in order."""
        for number, drive in enumerate(self._drives):
            if drive.layer is not layer:
                continue
            if drive.result is None:
                yield self._stage(number, drive, layer.result.port.value, None)
                continue
            holder = self._value_of(number, drive)
            self._values[drive.result.owner] = holder
            yield self._stage(number, drive, holder.value, holder)

    def holders(self, layer: Layer) -> dict[str, _CutValue]:
        """The variables, by their names among all, that hold values of the graph on all vectors tried.

        Both are in order: the variable of a value comes after that of the value before.
        """
        regions = [region.port.value for region in layer.regions]
        codes = self._vectors(regions)
        expected = self._between(regions, codes, layer.result.port.value)
        sizes = {part[0].size for part in expected.values()}
        cuts = [drive.result for drive in self._drives]
        runs = {
            number: self._run(number, codes)
            for number, cut in enumerate(cuts)
            if cut is not None and len(cut.numbers) in sizes
        }
        holders: dict[str, _CutValue] = {}
        for name, part in expected.items():
            for number, got in runs.items():
                cut = cuts[number]
                shift = next((shift for shift, x in self._raised(name, part) if np.array_equal(x, got)), None)
                if cut is not None and shift is not None:
                    holders[cut.owner] = _CutValue(cut, name, shift)
                    runs = {later: runs[later] for later in runs if later > number}
                    break
        return holders

    def _owners(self, drive: Drive) -> list[str]:
        """The values that a part reads."""
        numbers = drive.layer.numbers if drive.result is None else drive.result.numbers
        owners = {atom.owner for x in numbers for atom in support(x)}
        read = [region.port.value for region in drive.layer.regions if region.port.value in owners]
        return [*read, *(self._values[cut.owner].value for cut in drive.entries)]

    def _run(self, number: int, codes: Mapping[str, IntArray]) -> IntArray:
        """The result of a part for codes (vectors, *shape) by value; others are as near to zero as can be."""
        drive = self._drives[number]
        count = max((len(part) for part in codes.values()), default=1)
        values: dict[str, IntArray] = {}
        for region in drive.layer.regions:
            name = region.port.value
            info = self._graph.info(name)
            rest = np.broadcast_to(np.clip(0, info.lo, info.hi), (count, *info.shape))
            values[name] = codes.get(name, rest)
        cuts: dict[str, IntArray] = {}
        for cut in drive.entries:
            holder = self._values[cut.owner]
            cuts[cut.owner] = codes[holder.value] << holder.shift
        return self._driver.run(number, values, cuts)

    def _stage(self, number: int, drive: Drive, value: str, cut: _CutValue | None) -> ArtefactStage:
        info = self._graph.info(value)
        owners = self._owners(drive)
        shown = {*self._shown, *(one.value for one in self._values.values())}
        sources = (*owners, *unread(self._graph, value, owners, shown))
        numbers = drive.layer.numbers if drive.result is None else drive.result.numbers
        structure = self._structure(drive, sources, numbers, value)
        if cut is not None:
            structure = marked(structure, cut.shift)

        def run(codes: Mapping[str, IntArray]) -> IntArray:
            result = of_shape(self._run(number, codes), info.shape, value)
            if cut is None:
                return result
            whole = result >> cut.shift
            return np.where(whole << cut.shift == result, whole, NO_CODE)

        return ArtefactStage(value, sources, structure, "", run)

    def _structure(
        self, drive: Drive, sources: Sequence[str], numbers: Sequence[Number], value: str
    ) -> Structure:
        shape = self._graph.info(value).shape
        if len(numbers) != self._graph.info(value).size:
            return unknown(shape, "a variable that does not hold one number for each element")
        names = {cut.owner: self._values[cut.owner].value for cut in drive.entries}
        firsts = _firsts(self._graph, sources)
        for cut in drive.entries:
            reason = _beyond(cut, self._values[cut.owner], self._graph)
            if reason:
                return unknown(shape, reason)

        def place(atom: Atom) -> int:
            return firsts[names.get(atom.owner, atom.owner)] + atom.index

        return structure_of(numbers, shape, place)

    def _value_of(self, number: int, drive: Drive) -> _CutValue:
        """The value of the graph that a variable holds: the one that random vectors make alike most often."""
        assert drive.result is not None
        if drive.result.owner in self._holders:
            return self._holders[drive.result.owner]
        sources = self._owners(drive)
        codes = self._vectors(sources)
        got = self._run(number, codes)
        best: tuple[float, _CutValue] | None = None
        expected = self._between(sources, codes, drive.layer.result.port.value)
        for name, part in expected.items():
            for shift, raised in reversed(list(self._raised(name, part))):
                if raised.shape[1] != got.shape[1]:
                    continue
                alike = float(np.count_nonzero(raised == got) / max(got.size, 1))
                if best is None or alike >= best[0]:
                    best = alike, _CutValue(drive.result, name, shift)
        if best is None:
            value = drive.layer.result.port.value
            shape = self._graph.info(value).shape
            return _CutValue(drive.result, value, np.zeros(shape, np.int64))
        return best[1]

    def _vectors(self, names: Sequence[str]) -> dict[str, IntArray]:
        """Codes (vectors, *shape) of some values: random ones, and random ends of their intervals."""
        rng = np.random.default_rng(0)
        codes: dict[str, IntArray] = {}
        for name in names:
            info = self._graph.info(name)
            inside = rng.integers(info.lo, info.hi, (_TRIED, *info.shape), endpoint=True)
            ends = np.where(rng.integers(0, 2, inside.shape) == 1, info.hi, info.lo)
            codes[name] = np.concatenate([inside, ends, [info.lo], [info.hi]])
        return codes

    def _raised(self, name: str, codes: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
        """The numbers (vectors, elements) that the C may have for codes of a value, with their shifts.

        The likeliest comes first: that which gives all elements the same unit.
        """
        info = self._graph.info(name)
        common = np.broadcast_to(info.frac - np.asarray(info.type.frac, np.int64), info.shape)
        for more in range(_MORE_BITS + 1):
            yield common + more, (codes << common + more).reshape(len(codes), -1)

    def _between(
        self, sources: Sequence[str], codes: Mapping[str, IntArray], value: str
    ) -> dict[str, IntArray]:
        """The codes of the values between some values and another, in the graph's order."""
        values = dict(codes)
        count = len(next(iter(codes.values()))) if codes else 1
        nodes = nodes_between(self._graph, (*sources, *self._graph.inputs), value)
        for node in nodes:
            if all(name in values for name in node.inputs):
                run_nodes([node], self._graph.infos, values)
        reached = {node.name for node in nodes} - set(self._graph.constants)
        inner = [name for name in values if name in reached]
        return {
            name: np.broadcast_to(values[name], (count, *self._graph.info(name).shape))
            for name in inner
            if name != value
        }


def _beyond(cut: CutVariable, holder: _CutValue, graph: Graph) -> str:
    """The reason why a variable that takes all codes of a value may meet more than was looked at, or ""."""
    info = graph.info(holder.value)
    lo, hi = (np.asarray(end << holder.shift).reshape(-1) for end in (info.lo, info.hi))
    for at, number in enumerate(cut.numbers):
        ends = (number, number) if isinstance(number, int) else (number.lo, number.hi)
        if not isinstance(number, int) and (lo[at] < ends[0] or ends[1] < hi[at]):
            return f"{cut.name} lies in {ends[0]} to {ends[1]}, {holder.value} in {lo[at]} to {hi[at]}"
    return ""


def _firsts(graph: Graph, values: Sequence[str]) -> dict[str, int]:
    """The number of the first element of each of some values, one after the other."""
    firsts, first = dict[str, int](), 0
    for name in values:
        firsts[name] = first
        first += graph.info(name).size
    return firsts


def _own(x: Sym, name: str, at: int) -> Atom | None:
    """The element of a number if it is this one of a value."""
    return x.root if x.root is not None and (x.root.owner, x.root.index) == (name, at) else None


def _outputs(graph: Graph, done: CarriedOut) -> Iterator[ArtefactStage]:
    """The outputs that are copies of values, or constants."""
    shown = {*graph.inputs, *(layer.result.port.value for layer in done.layers)}
    for name, numbers in done.outputs.items():
        shape = graph.info(name).shape
        owners = list(dict.fromkeys(atom.owner for x in numbers for atom in support(x)))
        own = (
            isinstance(x, int) or (_own(x, name, at) is not None and not x.key)
            for at, x in enumerate(numbers)
        )
        if name in shown and all(own):
            continue
        firsts = _firsts(graph, owners)
        structure = structure_of(numbers, shape, lambda atom, firsts=firsts: firsts[atom.owner] + atom.index)
        fixed = np.array([x if isinstance(x, int) else 0 for x in numbers], np.int64)

        def run(
            codes: Mapping[str, IntArray], owners: Sequence[str] = owners, fixed: IntArray = fixed,
            places: IntArray = structure.places, shape: tuple[int, ...] = shape,
        ) -> IntArray:  # fmt: skip
            if not owners:
                return fixed.reshape(1, *shape)
            flat = np.concatenate([codes[owner].reshape(len(codes[owner]), -1) for owner in owners], axis=1)
            at = places[0].reshape(-1)
            return np.where(at < 0, fixed, flat[:, np.maximum(at, 0)]).reshape(-1, *shape)

        if any(not isinstance(x, int) and x.key for x in numbers):
            structure = unknown(shape, "an output that is no copy")
        if not owners:
            structure = constant(shape)
        sources = (*owners, *unread(graph, name, owners, shown))
        yield ArtefactStage(name, sources, replace(structure, shape=shape), "", run)
