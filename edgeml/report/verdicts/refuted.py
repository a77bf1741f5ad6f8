"""Artefacts for which an input is known that gives other integers, or that cannot be built or run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgeml.prove.result import Verdict
from edgeml.report.sections.exactness.facts import ExactnessFacts
from edgeml.report.verdict import Judgement, Urgency, VerdictKind
from edgeml.report.verdicts._again import place

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


def find(facts: Facts) -> Iterator[Judgement]:
    """Proofs that ended with a witness, or with an artefact that cannot be built or run."""
    wrong = [
        name for name, it in facts.part(ExactnessFacts).every_input.items() if it.verdict is Verdict.REFUTED
    ]
    if wrong:
        run = place(facts)
        yield Judgement(
            f"Not equal for every input: {', '.join(wrong)}; prove.json has what shows it.",
            "Write the files anew and prove again.",
            f"edgeml export {run} && edgeml prove {run} && edgeml report {run}",
        )


VERDICT = VerdictKind(severity=Urgency.BAD, title="refuted", section="exactness", find=find)
