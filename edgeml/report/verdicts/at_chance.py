"""A model that is no better than always saying the most frequent class."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgeml.report.sections.accuracy.facts import AccuracyFacts
from edgeml.report.sections.classes.facts import ClassesFacts, Confusion
from edgeml.report.sections.summary.facts import SummaryFacts
from edgeml.report.verdict import Judgement, Urgency, VerdictKind
from edgeml.report.verdicts._again import run_again, whole
from edgeml.report.words import percent

if TYPE_CHECKING:
    from edgeml.report.facts import Facts

_FEW = 20


def find(facts: Facts) -> Iterator[Judgement]:
    """The accuracy's 95 % interval begins no higher than the share of the most frequent class.

    A model that finds every class more often than chance does is none of these: with weighted classes it may
    well be right less often than always saying the most frequent one.
    """
    own = facts.part(AccuracyFacts)
    fixed, floats, majority = own.accuracy.fixed, own.accuracy.float_, own.majority.value
    if fixed.value is None or fixed.low is None or majority is None or fixed.low > majority:
        return
    if _tells_classes_apart(facts.part(ClassesFacts).confusion):
        return
    text = (
        f"The model is at chance: {percent(fixed.value)} of the test samples are right, and always saying "
        f"{own.majority_class} would get {percent(majority)}."
    )
    if floats.low is not None and floats.low > majority:
        more = tuple(
            f"quantizers.{part}.bits={whole(facts, f'quantizers.{part}.bits', 6) + 2}"
            for part in ("weights", "biases", "activations")
        )
        yield run_again(
            facts, text, "The float model is not: give the quantized one more bits.", more, "wider"
        )
        return
    yield run_again(facts, text, _remedy(facts), _longer(facts), "longer")


def _tells_classes_apart(confusion: Confusion | None) -> bool:
    """The mean recall of the classes is above that of chance, by more than 1.96 standard errors."""
    if confusion is None:
        return False
    rows = [(counts[place], sum(counts)) for place, counts in enumerate(confusion.counts) if sum(counts)]
    recalls = [(right / count, count) for right, count in rows]
    error = math.sqrt(sum(recall * (1 - recall) / count for recall, count in recalls)) / len(recalls)
    return sum(recall for recall, _ in recalls) / len(recalls) - 1.96 * error > 1 / len(recalls)


def _remedy(facts: Facts) -> str:
    epochs = max(whole(facts, key, 0) for key in ("training.epochs", "training.float_epochs"))
    shortened = any(change.startswith("training.") for change in facts.part(SummaryFacts).changes)
    few = f" It had at most {epochs} epochs." if epochs and (epochs < _FEW or shortened) else ""
    return f"Train longer.{few} If that does not help, look at the labels and the learning rate (--find-lr)."


def _longer(facts: Facts) -> tuple[str, ...]:
    """Four times the epochs, and 100 at least."""
    return tuple(
        f"training.{key}={max(100, 4 * whole(facts, f'training.{key}', 25))}"
        for key in ("float_epochs", "epochs")
    )


VERDICT = VerdictKind(severity=Urgency.BAD, title="at chance", section="accuracy", find=find)
