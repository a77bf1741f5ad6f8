"""A training that ended while it was still learning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgeml.report.sections.training.view import Course, view
from edgeml.report.verdict import Judgement, Urgency, VerdictKind
from edgeml.report.verdicts._again import run_again
from edgeml.report.verdicts.overfits import KEYS

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


def find(facts: Facts) -> Iterator[Judgement]:
    """Phases that underfit by the rule of the section on training."""
    falling = [phase for phase in view(facts) if phase.losses.course is Course.UNDER and phase.name in KEYS]
    if falling:
        names = " and ".join(f"{phase.title} (epoch {phase.epochs})" for phase in falling)
        yield run_again(
            facts,
            f"The training ended while both losses were still falling: {names}.",
            "Twice the epochs.",
            tuple(f"training.{KEYS[phase.name]}={2 * phase.epochs}" for phase in falling),
            "longer",
        )


VERDICT = VerdictKind(severity=Urgency.CAUTION, title="underfitting", section="training", find=find)
