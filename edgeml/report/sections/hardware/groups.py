"""The sources of a design on a board, the best first, and what is to know of their estimates.

Invariant: sources stand beside each other and are never mixed in one row.

To add a source: a word in `edgeml.figures.Source`, its meaning in `SOURCES`, its place in `_RANK`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from edgeml.figures import Hardware, Reached, Source
from edgeml.report.sections.hardware.design import DesignOnBoard, shown_kinds
from edgeml.report.sections.hardware.facts import HardwareFacts

_RANK: tuple[Source, ...] = ("measured", "place-and-route", "synthesis", "vendor", "estimate", "proven")
_REACHED: Mapping[Reached, int] = {"fitted": 1, "synthesized": 2, "simulated": 3, "estimated": 3, "": 3}


@dataclass(frozen=True)
class DesignGroup:
    """All sources for one design on one board.

    Attributes:
        sources: the best first. Where that one knows the network alone, it is given the estimate of the
            whole board after packing.
        target: the board is the one that the run is built for.
    """

    sources: tuple[DesignOnBoard, ...]
    target: bool

    @property
    def best(self) -> DesignOnBoard:
        """The source to believe most."""
        return self.sources[0]

    @property
    def detailed(self) -> bool:
        """It is shown layer by layer: a tool has spoken of it, or it is on the target board."""
        return self.target or self.best.item.source != "estimate"

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of resources that any of the sources tells of."""
        return shown_kinds([source.item.total for source in self.sources])

    @cached_property
    def timed(self) -> DesignOnBoard | None:
        """The best source that tells when each layer starts, if its cycles are as many as the best one's."""

        def same(source: DesignOnBoard) -> bool:
            best, other = self.best.item.cycles, source.item.cycles
            return best is None or other is None or best.value == other.value

        having = (s for s in self.sources if any(part.start and part.cycles for part in s.item.layers))
        return next((source for source in having if same(source)), None)


def groups(facts: HardwareFacts) -> tuple[DesignGroup, ...]:
    """Figures by design and board.

    Returns:
        Groups that a tool has spoken of first, then those on the target board, then the others.
    """
    boards = {board.name: board for board in facts.boards}
    by: dict[tuple[str, str], list[Hardware]] = {}
    for item in facts.hardware:
        by.setdefault((item.design, item.board or item.part), []).append(item)

    def group(items: Sequence[Hardware]) -> DesignGroup:
        ranked = _with_whole(sorted(items, key=_rank))
        sources = tuple(DesignOnBoard(item, boards.get(item.board)) for item in ranked)
        return DesignGroup(sources, bool(ranked[0].board) and ranked[0].board == facts.target)

    def key(group: DesignGroup) -> tuple[bool, bool, bool, str]:
        best = group.best.item
        return best.source == "estimate", best.board != facts.target, best.design != "verilog", best.board

    return tuple(sorted((group(items) for items in by.values()), key=key))


def detailed(facts: HardwareFacts) -> tuple[DesignGroup, ...]:
    """The groups that are shown layer by layer."""
    return tuple(group for group in groups(facts) if group.detailed)


def _with_whole(group: Sequence[Hardware]) -> tuple[Hardware, ...]:
    best, *others = group
    whole = next((item.whole for item in others if item.whole is not None), None)
    if best.whole is None and best.source != "place-and-route" and best.reached != "fitted":
        best = best.model_copy(update={"whole": whole})
    return best, *others


def _rank(item: Hardware) -> int:
    """0 for the source to believe most; a vendor's word counts for what its flow had reached."""
    if item.source == "vendor":
        return _REACHED[item.reached]
    return _RANK.index(item.source)


class EstimateNotes(NamedTuple):
    """The notes on some estimates.

    Attributes:
        who: whose.
        notes: how good they are in a line, and what a reader must know.
        details: statistics, which are folded away.
    """

    who: str
    notes: tuple[str, ...]
    details: tuple[str, ...]


def estimate_notes(labelled: Sequence[tuple[str, DesignOnBoard]]) -> tuple[EstimateNotes, ...]:
    """The notes on estimates, each once, with the designs that it holds for.

    Args:
        labelled: designs, and what to call their board or run.
    """
    whose: dict[tuple[str, bool], dict[str, dict[str, None]]] = {}
    for label, design in labelled:
        if design.item.source != "estimate":
            continue
        quality = design.quality
        notes = [(note, False) for note in (quality.line, *quality.notes) if note]
        for note in (*notes, *((note, True) for note in quality.details)):
            whose.setdefault(note, {}).setdefault(design.name, {})[label] = None
    by: dict[str, tuple[list[str], list[str]]] = {}
    for (note, detail), designs in whose.items():
        who = "; ".join(f"{design}: {', '.join(labels)}" for design, labels in designs.items())
        by.setdefault(who, ([], []))[detail].append(note)
    return tuple(EstimateNotes(who, tuple(notes), tuple(details)) for who, (notes, details) in by.items())
