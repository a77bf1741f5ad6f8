"""A training that went on after the validation loss had been at its least."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgeml.report.sections.training.view import Course, view
from edgeml.report.verdict import Judgement, Urgency, VerdictKind
from edgeml.report.verdicts._again import run_again

if TYPE_CHECKING:
    from edgeml.report.facts import Facts

KEYS = {"float": "float_epochs", "qat": "epochs"}
"""The setting of the epochs of each phase."""


def find(facts: Facts) -> Iterator[Judgement]:
    """Phases that overfit by the rule of the section on training."""
    for phase in view(facts):
        if phase.losses.course is not Course.OVER or phase.name not in KEYS:
            continue
        yield run_again(
            facts,
            f"The {phase.title} training overfits since epoch {phase.losses.epoch} of {phase.epochs}.",
            f"The weights of epoch {phase.best_epoch} are kept, so the result stands; fewer epochs save "
            "time, more data or augmentation would move the point.",
            (f"training.{KEYS[phase.name]}={phase.losses.epoch}",),
            "shorter",
        )


VERDICT = VerdictKind(severity=Urgency.ADVICE, title="overfitting", section="training", find=find)
