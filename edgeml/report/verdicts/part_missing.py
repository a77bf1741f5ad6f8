"""Sections of the report that could not be collected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgeml.report.verdict import Judgement, Urgency, VerdictKind
from edgeml.report.verdicts._again import place

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


def find(facts: Facts) -> Iterator[Judgement]:
    """Sections that failed, each with its reason."""
    for name, reason in facts.failed.items():
        remedy = "Mend or delete the file that it names, then make the report again."
        text = f"The section on {name.replace('_', ' ')} is not available: {reason}."
        yield Judgement(text, remedy, f"edgeml report {place(facts)}")


VERDICT = VerdictKind(severity=Urgency.CAUTION, title="part missing", section="top", find=find)
