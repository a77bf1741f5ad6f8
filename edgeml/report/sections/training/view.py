"""The phases of the training and how far each came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeml.report.numbers import Number, absent, measured
from edgeml.report.sections.training.facts import TrainingFacts

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


@dataclass(frozen=True)
class TrainingPhase:
    """One phase of the training, such as that of the float baseline.

    Attributes:
        name: of it.
        epochs: that it had.
        best: largest accuracy on the validation samples after an epoch.
    """

    name: str
    epochs: int
    best: Number


def view(facts: Facts) -> tuple[TrainingPhase, ...]:
    """The phases in their order."""
    history = facts.part(TrainingFacts).history
    phases: list[TrainingPhase] = []
    for name in dict.fromkeys(row.phase for row in history):
        epochs = [row for row in history if row.phase == name]
        best = max((row.val_accuracy for row in epochs if row.val_accuracy is not None), default=None)
        shown = absent("no val_accuracy") if best is None else measured(best)
        phases.append(TrainingPhase(name, len(epochs), shown))
    return tuple(phases)
