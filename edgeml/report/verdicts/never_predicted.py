"""Classes that the data have and the model never gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgeml.report.sections.classes.facts import ClassesFacts
from edgeml.report.sections.summary.facts import SummaryFacts
from edgeml.report.verdict import Judgement, Urgency, VerdictKind
from edgeml.report.verdicts._again import run_again

if TYPE_CHECKING:
    from edgeml.report.facts import Facts

_SHOWN = 4


def find(facts: Facts) -> Iterator[Judgement]:
    """Classes with test samples and an empty column in the confusion matrix."""
    matrix = facts.part(ClassesFacts).confusion
    if matrix is None:
        return
    never = [
        (name, sum(matrix.counts[place]))
        for place, name in enumerate(matrix.classes)
        if sum(matrix.counts[place]) and not any(row[place] for row in matrix.counts)
    ]
    if not never:
        return
    named = ", ".join(f"{name} ({count} test samples)" for name, count in never[:_SHOWN])
    more = f" and {len(never) - _SHOWN} more" if len(never) > _SHOWN else ""
    text = f"Never predicted: {named}{more}."
    if facts.part(SummaryFacts).settings.get("training.class_weights", "equal") == "equal":
        remedy = "Let each class count as much as the others in training; else more samples of it."
        yield run_again(facts, text, remedy, ("training.class_weights=balanced",), "balanced")
    else:
        yield Judgement(
            text, "Classes are weighted already: more samples of it, or more integer bits at the end."
        )


VERDICT = VerdictKind(severity=Urgency.BAD, title="class never predicted", section="classes", find=find)
