"""The values of the graph that a stage reads: those nearest to it that have all the wires that it reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.verilog.proof.places import Places
from edgeml.ir import Graph
from edgeml.stages import Elements


@dataclass(frozen=True)
class StageSources:
    """The values that a stage reads.

    Args:
        names: of the values.
        first: the number of the first element that every wire holds, among those of all sources.
        shifts: by wire: that element's code is the wire's number times two to this.
        steps: of all elements: their codes are multiples of it.
        same: of all elements: the first one of the same wire.
        missing: wires that are read and hold no element of a source.
    """

    names: tuple[str, ...]
    first: Mapping[str, int]
    shifts: Mapping[str, int]
    steps: Sequence[int]
    same: Sequence[int]
    missing: Sequence[str] = ()

    def elements(self, absent: NDArray[np.bool_]) -> Elements:
        """The facts about the elements."""
        return Elements(np.array(self.steps, np.int64), np.array(self.same, np.int64), absent)


def chosen_sources(
    graph: Graph, places: Places, shown: Collection[str], value: str, cells: Collection[str]
) -> StageSources:
    """The sources of a value.

    Args:
        graph: prepared.
        places: of all elements.
        shown: values that stages before have shown; a value that is among them may be read as itself.
        value: the value.
        cells: the wires that the artefact reads for it.
    """
    order = {node.name: at for at, node in enumerate(graph.nodes)}
    names = {value} if value in shown else _before(graph, shown, value)
    while True:
        missing = sorted(set(cells) - {place.cell for name in names for place in places[name] if place})
        inner = [name for name in names if name not in graph.inputs]
        if not missing or not inner:
            break
        last = max(inner, key=lambda name: order[name])
        names = (names - {last}) | _before(graph, shown, last)
    return _numbered(places, sorted(names, key=lambda name: order[name]), missing)


def _before(graph: Graph, shown: Collection[str], value: str) -> set[str]:
    """The shown values that a value is computed from."""
    names, results = list(graph.node(value).inputs), set[str]()
    reached: set[str] = set()
    while names:
        name = names.pop()
        if name in reached or name in graph.constants:
            continue
        reached.add(name)
        if name in shown:
            results.add(name)
        else:
            names += graph.node(name).inputs
    return results


def _numbered(places: Places, names: Sequence[str], missing: Sequence[str]) -> StageSources:
    first: dict[str, int] = {}
    shifts: dict[str, int] = {}
    steps: list[int] = []
    same: list[int] = []
    for name in names:
        for place in places[name]:
            at = len(steps)
            steps.append(1 << max(0, place.shift) if place and place.cell else 1)
            if place is None or not place.cell:
                same.append(at)
                continue
            if place.cell not in first:
                first[place.cell], shifts[place.cell] = at, place.shift
            same.append(first[place.cell])
    return StageSources(tuple(names), first, shifts, steps, same, missing)
