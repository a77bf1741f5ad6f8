"""Carries out model.c from its inputs to its outputs: what every layer makes of the values that it reads.

The trace of the program (EDGEML_TRACE) says which value a function has written and where. Its elements then
stand for themselves, so that the next function is a function of them; memory that was written to since holds
what was written last. So a buffer that is reused too early shows as a function of the wrong elements.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np

from edgeml.backends.c.machine import Machine
from edgeml.backends.c.memory import Memory, Pointer
from edgeml.backends.c.ports import CManifest, CPort
from edgeml.backends.c.syntax import CUnit, Expr, Stmt
from edgeml.errors import EdgemlError
from edgeml.ir import Graph
from edgeml.stages.symbols import Atom, Cut, Number, element, support


@dataclass(frozen=True)
class Region:
    """The place of a value in memory.

    Args:
        port: the value with its type.
        memory: name of the array.
        place: its first byte there.
        constants: whether some of its elements have one code only, which no number shows as its own.
    """

    port: CPort
    memory: str
    place: int
    constants: bool = False


@dataclass
class CutVariable:
    """A variable of a layer that begins a stage.

    Args:
        owner: its name among all.
        name: in C.
        statement: its declaration, or the statement before which it is cut.
        numbers: what it gets, in order.
    """

    owner: str
    name: str
    statement: Stmt
    numbers: tuple[Number, ...]


@dataclass
class Layer:
    """A call of a function, after those whose results are no values of the graph.

    Args:
        functions: names of the called functions, in order.
        text: of the calls.
        result: what the last one writes.
        numbers: the elements of the result.
        regions: the values that its numbers depend on, in the order in which they were written.
        before: all values that were written before it.
        cuts: variables that are cut, in order.
    """

    functions: tuple[str, ...]
    text: str
    result: Region
    numbers: tuple[Number, ...]
    regions: tuple[Region, ...]
    before: tuple[Region, ...]
    cuts: list[CutVariable] = field(default_factory=list[CutVariable])

    def with_cuts(self, cuts: Sequence[CutVariable]) -> Layer:
        """The layer with other variables that are cut."""
        reached = [x for cut in cuts for x in cut.numbers] + list(self.numbers)
        owners = {atom.owner for x in reached for atom in support(x)}
        regions = tuple(one for one in self.before if one.port.value in owners or one.constants)
        return replace(self, regions=regions, cuts=list(cuts))


@dataclass
class CarriedOut:
    """A program that was carried out.

    Args:
        layers: in order.
        outputs: the elements of every output at the end, by value.
        variables: of every function, those that could be cut, in the order of its text.
    """

    layers: list[Layer]
    outputs: dict[str, tuple[Number, ...]]
    variables: dict[str, list[CutVariable]]


def carried_out(
    unit: CUnit, manifest: CManifest, graph: Graph, where: str, always: frozenset[str] = frozenset()
) -> CarriedOut:
    """The layers of a program.

    A variable that has to be cut for some elements is cut for all: the program is then carried out again.

    Args:
        unit: model.c.
        manifest: names of values and types.
        graph: intervals of the values.
        where: the file, for messages.
        always: names of variables that are cut whether it is needed or not.

    Raises:
        EdgemlError: something is not covered; names the function.
    """
    try:
        while True:
            run = _Run(unit, manifest, graph, always)
            result = run.result()
            if run.partly <= always:
                return result
            always |= run.partly
    except EdgemlError as error:
        if error.where.startswith(where):
            raise
        raise EdgemlError(
            error.what, f"{where}, {error.where}" if error.where else where, error.hint
        ) from None
    except (KeyError, TypeError, IndexError, ValueError, AttributeError, RecursionError) as error:
        raise EdgemlError(f"cannot be carried out ({type(error).__name__})", where, "export again") from None


class _Run:
    def __init__(self, unit: CUnit, manifest: CManifest, graph: Graph, always: frozenset[str]) -> None:
        self._unit, self._manifest, self._graph = unit, manifest, graph
        self.partly: set[str] = set()
        self._entry = f"{manifest.prefix}_run"
        if self._entry not in unit.functions:
            raise EdgemlError("is not there", self._entry, "export again")
        self._calls = _calls(unit.functions[self._entry].body, set(unit.functions))
        names = [call.mark for call in self._calls]
        if len(set(names)) != len(names):
            raise EdgemlError("calls a layer twice", self._entry)
        hooks = {"EDGEML_TRACE": self._traced, "memcpy": _copied}
        self._machine = Machine(unit, hooks, frozenset(names), always)
        self._ports = {port.value: port for port in (*manifest.inputs, *manifest.outputs)}
        self._memories: dict[str, Memory] = {"arena": self._machine.arena}
        self._regions: list[Region] = []
        self._layers: list[Layer] = []
        self._number = 0
        self._inner: list[Expr] = []

    def result(self) -> CarriedOut:
        arguments: list[Pointer] = []
        function = self._unit.functions[self._entry]
        ports = (*self._manifest.inputs, *self._manifest.outputs)
        if [name for name, _ in function.parameters] != [port.name for port in ports]:
            raise EdgemlError("has other arguments than edgeml.json", self._entry, "export again")
        for at, port in enumerate(ports):
            memory = Memory(port.name, port.size * port.item_bytes)
            self._memories[port.name] = memory
            arguments.append((memory, 0))
            if at < len(self._manifest.inputs):
                self._placed(Region(port, port.name, 0))
        if self._machine.call(self._entry, arguments) != 0:
            raise EdgemlError("may refuse an input", self._entry)
        if self._number != len(self._calls) or self._inner:
            raise EdgemlError("calls layers whose results are not traced", self._entry, "export again")
        outputs = {port.value: self._read(port) for port in self._manifest.outputs}
        return CarriedOut(self._layers, outputs, self._variables())

    def _variables(self) -> dict[str, list[CutVariable]]:
        variables: dict[str, list[CutVariable]] = {call.mark: [] for call in self._calls}
        for owner, cuts in self._machine.cuts.items():
            name, statement = self._machine.variables[owner]
            if any(cut is not None for cut in cuts):
                one = CutVariable(owner, name, statement, tuple(map(_number, cuts)))
                variables[owner.partition(".")[0]].append(one)
        return {name: sorted(some, key=lambda one: one.statement.start) for name, some in variables.items()}

    def _read(self, port: CPort) -> tuple[Number, ...]:
        memory = self._memories[port.name]
        return tuple(memory.load(port.kind, at * port.item_bytes) for at in range(port.size))

    def _placed(self, region: Region) -> None:
        """Let the elements of a value stand for themselves."""
        port, info = region.port, self._graph.info(region.port.value)
        lo, hi = (np.asarray(end).reshape(-1).tolist() for end in (info.lo, info.hi))
        memory = self._memories[region.memory]
        for at in range(port.size):
            atom = Atom(port.value, at, lo[at], hi[at])
            if not (port.kind.lo <= atom.lo and atom.hi <= port.kind.hi):
                raise EdgemlError(f"{port.kind.name} does not hold {atom.lo} to {atom.hi}", port.value)
            memory.store(port.kind, region.place + at * port.item_bytes, element(atom))
        self._regions.append(replace(region, constants=bool(np.any(info.lo == info.hi))))

    def _traced(self, arguments: Sequence[Any]) -> None:
        """A layer has written its result."""
        number, (memory, place), size = cast("tuple[int, Pointer, int]", tuple(arguments))
        if number != self._number or number >= len(self._manifest.traced):
            raise EdgemlError("traces layers in another order than edgeml.json", self._entry, "export again")
        port = self._manifest.traced[number]
        self._number += 1
        self._inner.append(self._calls[number])
        info = self._graph.infos.get(port.value)
        if info is None:  # a value that this back end put between two of the graph
            return
        if info.shape != port.shape or size != port.size * port.item_bytes:
            raise EdgemlError("is a value that the graph does not have", port.value)
        numbers = tuple(memory.load(port.kind, place + at * port.item_bytes) for at in range(port.size))
        calls, self._inner = tuple(self._inner), []
        names = tuple(call.mark for call in calls)
        cuts = [cut for name in names for cut in self._cuts(name)]
        result = Region(port, memory.name, place)
        text = "; ".join(self._unit.text[call.start : call.end] for call in calls)
        layer = Layer(names, text, result, numbers, (), tuple(self._regions))
        self._layers.append(layer.with_cuts(cuts))
        self._placed(result)

    def _cuts(self, function: str) -> list[CutVariable]:
        """The variables of a function that were cut."""
        results: list[CutVariable] = []
        for owner, cuts in self._machine.cuts.items():
            name, statement = self._machine.variables[owner]
            cut_ones = [cut for cut in cuts if cut is not None]
            if not owner.startswith(f"{function}.") or not any(cut.atom is not None for cut in cut_ones):
                continue
            if any(cut.atom is None for cut in cut_ones):
                self.partly.add(owner)
            results.append(CutVariable(owner, name, statement, tuple(map(_number, cuts))))
        return results


def _number(cut: Cut | None) -> Number:
    return 0 if cut is None else cut.number


def _calls(body: Stmt, functions: set[str]) -> list[Expr]:
    """The calls of functions in a body, in order."""
    results: list[Expr] = []
    for one in body.bodies:
        results += [e for e in one.exprs if e is not None and e.what == "call" and e.mark in functions]
        results += _calls(one, functions)
    return results


def _copied(arguments: Sequence[Any]) -> None:
    """memcpy."""
    (to, at), (memory, place), size = arguments
    cells = memory.cells(place, size)
    if sum(kind.size for _, kind, _ in cells) != size:
        raise EdgemlError("copies what was not written", memory.name)
    for byte, kind, number in cells:
        to.store(kind, at + byte - place, number)
