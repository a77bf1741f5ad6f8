"""Layouts by pace: each layer has the fewest multipliers with which it is done with a sample in some clocks.

For networks whose layouts are too many to be tried one by one: those with branches, with convolutions that
are folded, or with many dense layers. A slower pace takes less of everything but for counters and memories,
so the fastest that fits is found by halving. Whether a pace fits needs no clocks, which take most of the
time: a board that is too small is ruled out without them, and only layouts that may be returned are clocked.

Invariant: what is returned was counted whole, FIFOs and clocks included, and meets the goal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edgeml.backends.verilog.limits import kernel_operations
from edgeml.backends.verilog.options import VerilogOptions
from edgeml.backends.verilog.stream import factors, pace
from edgeml.backends.verilog.stream.beats import CannotStreamError
from edgeml.backends.verilog.stream.flow import chain
from edgeml.estimate.count import Count
from edgeml.estimate.solve import Goal
from edgeml.estimate.verilog.counting import CountedDesign, Piece, count, resources
from edgeml.families import Fabric
from edgeml.ir import Graph

MINIMIZED = "latency or area among layouts whose layers all keep to one pace"
"""The minimized quantity, in words."""

_STEP = 1.3
"""A pace and the next one that is tried."""

_MANY = 6
"""Dense layers whose factors are still tried in all combinations."""


def is_needed(graph: Graph, options: VerilogOptions) -> bool:
    """True if the layouts of a graph are not tried one by one."""
    try:
        chain(graph)
    except CannotStreamError:
        return True
    return kernel_operations(graph) > options.unroll_limit or len(factors.dense_layers(graph)) > _MANY


@dataclass(frozen=True)
class PacedLayout:
    """A layout: its factors by layer, and what was counted of it."""

    by_layer: dict[str, int]
    counted: CountedDesign


class PacedLayouts:
    """The layouts of a graph by pace, each counted once.

    Args:
        graph: of core ops.
        options: factors that they name stay.
        chip: the fabric.
        progress: called with the number of layouts counted so far.
    """

    def __init__(
        self,
        graph: Graph,
        options: VerilogOptions,
        chip: Fabric,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        self._graph, self._chip = graph, chip
        self._options = options.model_copy(update={"mode": "stream"})
        self._progress = progress
        self._counted: dict[tuple[tuple[str, int], ...], PacedLayout] = {}
        self._sized: dict[tuple[tuple[str, int], ...], PacedLayout] = {}
        self.paces = self._paces()

    def at(self, clocks: int) -> PacedLayout:
        """The layout for a pace, counted whole."""
        return self._layout(clocks, self._counted, count)

    def sized(self, clocks: int) -> PacedLayout:
        """The layout for a pace, counted but for its clocks."""
        return self._layout(clocks, self._sized, resources)

    def _layout(
        self,
        clocks: int,
        layouts: dict[tuple[tuple[str, int], ...], PacedLayout],
        counting: Callable[[Graph, VerilogOptions, Fabric], CountedDesign],
    ) -> PacedLayout:
        options = self._options.model_copy(update={"clocks_per_sample": clocks})
        table = pace.resolved(self._graph, options)
        assert isinstance(table, dict)
        key = tuple(table.items())
        if key not in layouts:
            plain = options.model_copy(update={"clocks_per_sample": None, "reuse_factor": table})
            layouts[key] = PacedLayout(table, counting(self._graph, plain, self._chip))
            if self._progress is not None:
                self._progress(len(self._counted) + len(self._sized))
        return layouts[key]

    def best(self, goal: Goal, fits: Callable[[CountedDesign], bool], fastest: bool) -> PacedLayout | None:
        """A layout that meets a goal, None if there is none.

        Args:
            goal: what has to be met.
            fits: whether a whole design fits, by its resources alone.
            fastest: the fastest that does, else the slowest, which takes least.
        """
        first = (
            _first(self.paces, lambda clocks: fits(self.sized(clocks).counted)) if goal.fit else self.paces[0]
        )
        if first is None or not self._allows(goal, first):
            return None
        if fastest:
            return self.at(first)
        behind = [clocks for clocks in self.paces if clocks >= first]
        last = _first(behind, lambda clocks: not self._allows(goal, clocks))
        return self.at(behind[-1] if last is None else behind[behind.index(last) - 1])

    def _allows(self, goal: Goal, clocks: int) -> bool:
        counted = self.at(clocks).counted
        return goal.allows(counted.latency, counted.interval)

    def _paces(self) -> tuple[int, ...]:
        """Clocks from the fastest pace to the slowest that makes a difference."""
        least, most = pace.span(self._graph)
        steps, clocks = [float(least)], float(least)
        while clocks < most:
            clocks = min(clocks * _STEP, float(most))
            steps.append(clocks)
        tables = {tuple(pace.at_pace(self._graph, int(clocks)).items()): int(clocks) for clocks in steps}
        return tuple(sorted(tables.values()))


def _first(paces: Sequence[int], holds: Callable[[int], bool]) -> int | None:
    """The first pace that holds, if all behind it do."""
    low, high = 0, len(paces)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(paces[middle]) else (middle + 1, high)
    return paces[low] if low < len(paces) else None


def largest(pieces: Sequence[Piece], kind: str) -> str:
    """The layer that takes most of a resource, its part of the network's, and a FIFO that is most of it."""
    most = max(pieces, key=lambda piece: weight(piece.count, kind))
    part = weight(most.count, kind) / max(1.0, sum(weight(piece.count, kind) for piece in pieces))
    words = f"{part:.0%} of the network's in {most.layer.partition('.')[0]}"
    queue = most.queue
    if queue is None or 2 * weight(queue.count, kind) <= weight(most.count, kind):
        return words
    return f"{words}, most of it a FIFO of {queue.beats:,} beats of {queue.bits:,} bits"


def weight(count: Count, kind: str) -> float:
    """The share of a count in a resource, for comparisons among parts of one design."""
    match kind:
        case "dsp":
            return count.dsp
        case "bram":
            return count.bram
        case "ff":
            return count.ff
        case _:
            return count.logic + count.chain + 2 * count.saved
