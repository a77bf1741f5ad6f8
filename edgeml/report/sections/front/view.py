"""The front as a table: a row per checkpoint, the cheapest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeml.report.sections.front.facts import FrontFacts
from edgeml.report.words import amount
from edgeml.training.small.front import Checkpoint

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


@dataclass(frozen=True)
class CheckpointRow:
    """A checkpoint.

    Attributes:
        number: its number, with which it can be picked.
        point: its figures.
        quality: the validation figure in words.
        is_model: true for the run's model.
    """

    number: int
    point: Checkpoint
    quality: str
    is_model: bool


def view(facts: Facts) -> tuple[CheckpointRow, ...]:
    """The rows of the table."""
    own = facts.part(FrontFacts)
    return tuple(
        CheckpointRow(number, point, quality(point), number == own.front_taken)
        for number, point in enumerate(own.front, 1)
    )


def quality(point: Checkpoint) -> str:
    """Validation accuracy, or the validation loss of a task without one."""
    return f"loss {point.val_loss:.4f}" if point.val_accuracy is None else f"{100 * point.val_accuracy:.2f} %"


def digest(facts: Facts) -> str:
    """The number of checkpoints, and the one that was taken."""
    own = facts.part(FrontFacts)
    if not own.front:
        return ""
    chosen = own.front[own.front_taken - 1]
    count = f"{len(own.front)} checkpoint{'' if len(own.front) == 1 else 's'}"
    cost = f"{amount(chosen.cost)} {own.front_unit}"
    return f"{count}; taken is number {own.front_taken}, {quality(chosen)} at {cost}"
