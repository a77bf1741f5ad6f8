"""Designs of which none fits the target board."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgeml.report.sections.hardware.facts import HardwareFacts
from edgeml.report.sections.hardware.groups import DesignGroup, groups
from edgeml.report.verdict import Judgement, Urgency, VerdictKind
from edgeml.report.verdicts._again import for_board
from edgeml.report.words import share

if TYPE_CHECKING:
    from edgeml.report.facts import Facts

_FITTING = ("fits", "tight")


def find(facts: Facts) -> Iterator[Judgement]:
    """A target board that no design fits even at the low end of its interval."""
    yield from misfits(facts, "does not fit")


def misfits(facts: Facts, sure: str) -> Iterator[Judgement]:
    """The judgement on a target board that no design fits.

    Args:
        facts: of the run.
        sure: "does not fit" or "may not fit": the best verdict on its designs.
    """
    every = groups(facts.part(HardwareFacts))
    here = [group for group in every if group.target]
    fits = {group.best.fit for group in here}
    best = next((fit for fit in (*_FITTING, "unknown", "may not fit", "does not fit") if fit in fits), "")
    if best != sure:
        return
    nearest = min(here, key=lambda group: group.best.scarcest[1].value or 0.0)
    kind, part = nearest.best.scarcest
    portion = f"{share(part.value or 0.0)} of its {kind}s ({nearest.best.origin})"
    text = f"It {sure} the {nearest.best.place}: {nearest.best.name} takes {portion}."
    other = _smallest(every)
    if other is None:
        yield Judgement(
            text, "Fewer bits, fewer weights, a larger board, or shared multipliers (--fit, reuse factors)."
        )
        return
    remedy = f"It fits the {other.best.place} (as {other.best.name}): build it for that board, or try --fit."
    yield for_board(facts, text, remedy, other.best.item.board)


def _smallest(every: tuple[DesignGroup, ...]) -> DesignGroup | None:
    """The group on the smallest board that it fits; None if it fits none."""
    fitting = [g for g in every if g.best.board is not None and not g.target and g.best.fit in _FITTING]
    return min(fitting, key=_capacity, default=None)


def _capacity(group: DesignGroup) -> int:
    return group.best.board.capacity.get("lut", 0) if group.best.board else 0


VERDICT = VerdictKind(severity=Urgency.BAD, title="does not fit", section="hardware", find=find)
