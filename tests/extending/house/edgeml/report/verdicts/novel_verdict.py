"""Runs of seed 7."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgeml.report.sections.summary.facts import SummaryFacts
from edgeml.report.verdict import Judgement, Urgency, VerdictKind

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


def find(facts: Facts) -> Iterator[Judgement]:
    """One judgement if the seed is 7."""
    if facts.part(SummaryFacts).seed == 7:
        yield Judgement("The seed is 7.", "Another seed.")


VERDICT = VerdictKind(severity=Urgency.ADVICE, title="seven", section="top", find=find)
