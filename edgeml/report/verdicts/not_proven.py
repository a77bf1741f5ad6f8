"""Exact runs for which nobody asked whether they are exact for every input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgeml.report.sections.exactness.facts import ExactnessFacts
from edgeml.report.sections.exactness.view import verdict
from edgeml.report.verdict import Judgement, Urgency, VerdictKind
from edgeml.report.verdicts._again import place

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


def find(facts: Facts) -> Iterator[Judgement]:
    """A run that is exact on samples and has no verdict of `edgeml prove`."""
    if verdict(facts).status == "exact" and not facts.part(ExactnessFacts).every_input:
        run = place(facts)
        yield Judgement(
            "It is exact on the samples that were compared; nothing says so for every other input.",
            "Prove it.",
            f"edgeml prove {run} && edgeml report {run}",
        )


VERDICT = VerdictKind(severity=Urgency.ADVICE, title="not proven", section="exactness", find=find)
