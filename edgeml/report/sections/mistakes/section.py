"""Worst mistakes: the test samples that the exact graph is surest of and wrong about, as pictures or rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from edgeml.datasets import ColumnPlan
from edgeml.documents import Record
from edgeml.report.pictures import is_picture, picture
from edgeml.report.scores import ClassScores, about_classes, class_scores
from edgeml.report.section import Section, SectionFacts
from edgeml.report.source import RunSource

if TYPE_CHECKING:
    from edgeml.report.facts import Facts

MOST = 12
_FEATURES = 6


class Mistake(Record):
    """A test sample that the exact graph takes for another class.

    Attributes:
        sample: its number in the test part, from 0.
        truth: its class.
        called: what the exact graph calls it.
        score: of that class.
        float_called: what the float baseline calls it; "" without one.
        features: some of its stored values, by name: a number, a category, or "missing"; empty for a picture.
        picture: a PNG as a data address; "" for others.
    """

    sample: int
    truth: str
    called: str
    score: float
    float_called: str = ""
    features: tuple[tuple[str, float | str], ...] = ()
    picture: str = ""


class MistakeFacts(SectionFacts):
    """Facts of the worst mistakes.

    Attributes:
        mistakes: the surest first.
        mistaken: how many there are in all.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("mistakes",)

    mistakes: tuple[Mistake, ...] = ()
    mistaken: int = 0


def collect(source: RunSource) -> MistakeFacts:
    """The mistakes of the exact graph with the largest scores.

    Raises:
        EdgemlError: the test samples do not fit the exact graph.
    """
    scores = source.shared(class_scores)
    if scores.reason:
        return MistakeFacts.unavailable(scores.reason)
    data = source.data
    return facts_of(scores, data.dataset.x_test, data.dataset.feature_names, data.columns)


def facts_of(
    scores: ClassScores,
    stored: np.ndarray,
    names: tuple[str, ...] | None,
    columns: ColumnPlan | None = None,
) -> MistakeFacts:
    """The mistakes in scores.

    Args:
        scores: of all models.
        stored: the test samples as stored.
        names: of their features.
        columns: of a table with text or gaps, the rules of its columns.
    """
    fixed, floats = scores.by_model["fixed"], scores.by_model.get("float")
    called, best = fixed.argmax(axis=1), fixed.max(axis=1)
    wrong = np.flatnonzero(called != scores.labels)
    worst = wrong[np.argsort(-best[wrong], kind="stable")][:MOST]
    pictures = is_picture(stored.shape[1:])
    low, high = (float(stored.min()), float(stored.max())) if len(stored) else (0.0, 1.0)

    def features(row: int) -> tuple[tuple[str, float | str], ...]:
        values = stored[row].ravel()[:_FEATURES]
        titles = names or [str(number) for number in range(len(values))]
        texts = [rule.categories for rule in columns.rules] if columns else [()] * len(values)
        return tuple(
            (title, _shown(float(value), categories))
            for title, value, categories in zip(titles, values, texts, strict=False)
        )

    rows = tuple(
        Mistake(
            sample=int(row),
            truth=scores.classes[scores.labels[row]],
            called=scores.classes[called[row]],
            score=float(best[row]),
            float_called="" if floats is None else scores.classes[int(floats[row].argmax())],
            features=() if pictures else features(int(row)),
            picture=picture(stored[row], low, high) if pictures else "",
        )
        for row in worst
    )
    reason = f"none of the {len(fixed)} test samples is mistaken"
    return MistakeFacts.of({"mistakes": reason}, mistakes=rows, mistaken=len(wrong))


def _shown(value: float, categories: tuple[str, ...]) -> float | str:
    """A stored value of a table: of a column of text the category."""
    if np.isnan(value):
        return "missing"
    return categories[int(value)] if categories else value


def _digest(facts: Facts) -> str:
    """The number of mistaken samples, in words."""
    own = facts.part(MistakeFacts)
    return f"{own.mistaken:,} test samples are mistaken" if own.mistakes else ""


SECTION = Section(
    title="Worst mistakes",
    place=64,
    facts=MistakeFacts,
    collect=collect,
    digest=_digest,
    applies=about_classes("mistakes"),
)
