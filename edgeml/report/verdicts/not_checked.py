"""Runs whose artefacts were not compared with the reference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgeml.report.sections.exactness.view import verdict
from edgeml.report.verdict import Judgement, Urgency, VerdictKind
from edgeml.report.verdicts._again import place

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


def find(facts: Facts) -> Iterator[Judgement]:
    """A run of which no executor was found equal, and none unequal."""
    check = verdict(facts)
    if check.status == "unknown":
        run = place(facts)
        text = f"Whether it is exact is not known: {check.text}."
        command = f"edgeml export {run} && edgeml check {run} && edgeml report {run}"
        yield Judgement(text, "Write the artefacts and check them.", command)


VERDICT = VerdictKind(severity=Urgency.CAUTION, title="not checked", section="exactness", find=find)
