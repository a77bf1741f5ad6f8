"""Every board that a design was estimated or built for, with its best source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeml.report.sections.hardware.facts import HardwareFacts
from edgeml.report.sections.hardware.groups import DesignGroup, EstimateNotes, estimate_notes, groups

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


@dataclass(frozen=True)
class BoardsView:
    """The `view` of the templates of boards.

    Attributes:
        groups: a design on a board each.
        notes: how good their estimates are.
    """

    groups: tuple[DesignGroup, ...]
    notes: tuple[EstimateNotes, ...]


def view(facts: Facts) -> BoardsView:
    """All designs by board."""
    every = groups(facts.part(HardwareFacts))
    return BoardsView(every, estimate_notes([(group.best.place, group.best) for group in every]))


def digest(facts: Facts) -> str:
    """The boards that any design fits."""
    every = groups(facts.part(HardwareFacts))
    boards = {group.best.item.board for group in every if group.best.item.board}
    fitting = {group.best.item.board for group in every if group.best.fit in ("fits", "tight")}
    return f"fits {len(fitting)} of {len(boards)} boards" if boards else ""
