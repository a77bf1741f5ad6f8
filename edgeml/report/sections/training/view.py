"""The phases of the training and how far each came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from edgeml.report.numbers import Number, absent, measured
from edgeml.report.sections.training.facts import CurveRow, Epoch, TrainingFacts

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


RULE = (
    "overfitting: the validation loss ends more than 10 % above its least, and the training loss below where "
    "it was then; "
    "underfitting: in the last tenth of the epochs both losses still fell by more than 2 %; "
    "too few epochs: fewer than five"
)
"""The rule of `verdict`, in words."""


class Course(StrEnum):
    """The course that the losses of a phase took, by `RULE`."""

    UNKNOWN = "unknown"
    FEW = "few"
    OVER = "over"
    UNDER = "under"
    NEITHER = "neither"


WORDS = {
    Course.UNKNOWN: "",
    Course.FEW: "too few to judge",
    Course.OVER: "overfitting",
    Course.UNDER: "underfitting",
    Course.NEITHER: "",
}
"""Each course in a word or two."""


@dataclass(frozen=True)
class CourseFound:
    """The course of a phase.

    Attributes:
        course: by `RULE`.
        text: in words; "" where it is unknown.
        epoch: the one with the least validation loss; 0 where it is unknown.
    """

    course: Course
    text: str
    epoch: int = 0


@dataclass(frozen=True)
class TrainingPhase:
    """One phase of the training, such as that of the float baseline.

    Attributes:
        name: of it.
        epochs: that it had.
        best: largest accuracy on the validation samples after an epoch.
        best_epoch: the epoch whose weights are kept; 0 if the history does not say.
        losses: the course of its losses.
        rule: what the verdict goes by.
    """

    name: str
    epochs: int
    best: Number
    best_epoch: int = 0
    losses: CourseFound = CourseFound(Course.UNKNOWN, "")
    rule: str = RULE

    @property
    def title(self) -> str:
        """The name as a sentence has it: "QAT"."""
        return "QAT" if self.name == "qat" else self.name


def view(facts: Facts) -> tuple[TrainingPhase, ...]:
    """The phases in their order."""
    history = facts.part(TrainingFacts).history
    phases: list[TrainingPhase] = []
    for name in dict.fromkeys(row.phase for row in history):
        epochs = [row for row in history if row.phase == name]
        best = max((row.val_accuracy for row in epochs if row.val_accuracy is not None), default=None)
        shown = absent("no val_accuracy") if best is None else measured(best)
        phases.append(TrainingPhase(name, len(epochs), shown, best_epoch(epochs), course(epochs)))
    return tuple(phases)


_RISE, _FALL, _FEWEST = 1.1, 0.98, 5


def best_epoch(epochs: Sequence[Epoch]) -> int:
    """The epoch of the largest validation accuracy, of equal ones that of the smallest validation loss.

    Without accuracies the loss decides alone, as in training; 0 without losses.
    """
    rows = [row for row in epochs if row.val_loss is not None]
    if not rows:
        return 0
    return max(rows, key=lambda row: (row.val_accuracy or 0.0, -(row.val_loss or 0.0))).epoch


def course(epochs: Sequence[Epoch]) -> CourseFound:
    """The course of the epochs of one phase, by `RULE`; unknown if a loss is missing."""
    pairs = [(row.loss, row.val_loss) for row in epochs if row.loss is not None and row.val_loss is not None]
    if len(pairs) < len(epochs) or not pairs:
        return CourseFound(Course.UNKNOWN, "")
    if len(pairs) < _FEWEST:
        return CourseFound(Course.FEW, f"too few epochs to say: {len(pairs)}")
    place = min(range(len(pairs)), key=lambda at: pairs[at][1])
    (loss, least), (last_loss, last) = pairs[place], pairs[-1]
    if last > _RISE * least and last_loss < loss:
        number = epochs[place].epoch
        text = f"overfitting: the validation loss was {least:.4g} in epoch {number} and ends at {last:.4g}"
        return CourseFound(Course.OVER, text, number)
    tenth = max(2, len(pairs) // 10)
    before, now = pairs[:-tenth][-tenth:], pairs[-tenth:]

    def falls(side: int) -> bool:
        return sum(pair[side] for pair in now) / len(now) < _FALL * sum(pair[side] for pair in before) / len(
            before
        )

    if falls(0) and falls(1):
        text = (
            "underfitting: both losses were still falling at the end; more epochs, or a larger learning rate"
        )
        return CourseFound(Course.UNDER, text, epochs[place].epoch)
    return CourseFound(
        Course.NEITHER, "neither overfitting nor underfitting by the rule", epochs[place].epoch
    )


def digest(facts: Facts) -> str:
    """Epochs and course of each phase."""
    return "; ".join(
        ", ".join(filter(None, (f"{phase.name} {phase.epochs} epochs", WORDS[phase.losses.course])))
        for phase in view(facts)
    )


def row(facts: Facts) -> CurveRow:
    """The epochs of the last phase."""
    history = facts.part(TrainingFacts).history
    return CurveRow(curve=tuple(epoch for epoch in history if epoch.phase == history[-1].phase))
