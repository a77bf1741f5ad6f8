"""The accuracies of all models, in the order in which they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.documents import Record
from edgeml.report.numbers import Number
from edgeml.report.quality import OTHER_TASK
from edgeml.report.sections.accuracy.facts import AccuracyFacts, AccuracyRow
from edgeml.report.sections.ways.facts import POST_TRAINING_NAMES, WaysFacts
from edgeml.report.words import number

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


class ModelAccuracy(Record):
    """A model whose accuracy is known.

    Attributes:
        name: of it.
        style: class of its colour in charts.
        accuracy: share of the test samples.
        agreement: share of them on which it says the same class as the exact graph, None if not asked.
    """

    name: str
    style: str
    accuracy: Number
    agreement: Number | None = None


def has_accuracy(facts: Facts) -> bool:
    """False for a run whose task has figures of its own instead of an accuracy."""
    return not facts.part(AccuracyFacts).accuracy.fixed.reason.startswith(OTHER_TASK)


def view(facts: Facts) -> tuple[ModelAccuracy, ...]:
    """Every model whose accuracy was asked for."""
    own = facts.part(AccuracyFacts)
    accuracy, agreement = own.accuracy, own.agreement
    rounded = (
        ModelAccuracy(name=POST_TRAINING_NAMES[item.types], style=f"m-{item.types}", accuracy=item.accuracy)
        for item in facts.part(WaysFacts).post_training
    )
    return (
        ModelAccuracy(
            name="float32", style="m-float", accuracy=accuracy.float_, agreement=agreement.fixed_float
        ),
        ModelAccuracy(name="QAT", style="m-qat", accuracy=accuracy.qat, agreement=agreement.fixed_qat),
        ModelAccuracy(name="fixed-point", style="m-fixed", accuracy=accuracy.fixed),
        *rounded,
        ModelAccuracy(name="int8 QDQ", style="m-int8", accuracy=accuracy.int8),
    )


def row(facts: Facts) -> AccuracyRow:
    """The accuracies of a run in a comparison."""
    own = facts.part(AccuracyFacts)
    return AccuracyRow(accuracy=own.accuracy, majority=own.majority)


def headline(facts: Facts) -> tuple[str, ...]:
    """The accuracies that are known in a line, and the epochs behind them."""
    own = facts.part(AccuracyFacts)
    models = {
        "fixed-point": own.accuracy.fixed,
        "QAT": own.accuracy.qat,
        "float32": own.accuracy.float_,
        "int8": own.accuracy.int8,
    }
    parts = [f"{name} {number(item, 'percent')}" for name, item in models.items() if item.value is not None]
    accuracies = [f"accuracy: {', '.join(parts)}"] if parts else []
    return (*accuracies, *([own.trained] if own.trained else []))


def digest(facts: Facts) -> str:
    """The exact graph's accuracy beside the float baseline's."""
    own = facts.part(AccuracyFacts).accuracy
    if own.fixed.value is None:
        return ""
    floats = "" if own.float_.value is None else f", {number(own.float_, 'percent')} in float"
    return f"{number(own.fixed, 'percent')}{floats}"
