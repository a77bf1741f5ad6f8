"""Calibration: the share of right answers against the score of the class that was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from edgeml.documents import Record
from edgeml.report.scores import MODEL_NAMES, ClassScores, Floats, about_classes, class_scores
from edgeml.report.section import Section, SectionFacts
from edgeml.report.source import RunSource
from edgeml.report.xy import Axis, Series, xy_chart
from edgeml.tasks import metrics

if TYPE_CHECKING:
    from edgeml.report.facts import Facts

_BINS = 10


class ReliabilityBin(Record):
    """Samples whose largest score lies in one of ten bins of equal width.

    Attributes:
        score: mean of their largest scores.
        right: share of them that is right.
        samples: how many there are.
    """

    score: float
    right: float
    samples: int


class ModelCalibration(Record):
    """The calibration of one model.

    Attributes:
        error: expected calibration error, sum over the bins of share of samples times |right - score| (Guo et
            al., On Calibration of Modern Neural Networks, ICML 2017, equation 3).
        brier: mean over samples of the squared distance of the scores from the true class (Brier 1950).
        log_loss: cross-entropy of the scores, in nats.
        bins: those with samples.
    """

    error: float
    brier: float
    log_loss: float
    bins: tuple[ReliabilityBin, ...]


class CalibrationFacts(SectionFacts):
    """Facts of the calibration, by model."""

    may_be_missing: ClassVar[tuple[str, ...]] = ("calibration",)

    calibration: Mapping[str, ModelCalibration] = {}


def collect(source: RunSource) -> CalibrationFacts:
    """The calibration on all test samples.

    Raises:
        EdgemlError: the test samples do not fit the exact graph.
        MissingToolError: scikit-learn is not installed.
    """
    return facts_of(source.shared(class_scores))


def facts_of(scores: ClassScores) -> CalibrationFacts:
    """The calibration of every model that has scores.

    Raises:
        MissingToolError: scikit-learn is not installed.
    """
    by_model = {model: calibrated(values, scores.labels) for model, values in scores.by_model.items()}
    return CalibrationFacts.of({"calibration": scores.reason}, calibration=by_model)


def calibrated(scores: Floats, labels: np.ndarray) -> ModelCalibration:
    """The calibration of scores (samples, classes) for labels (samples,).

    Raises:
        MissingToolError: scikit-learn is not installed.
    """
    total = np.maximum(scores.sum(axis=1, keepdims=True), 1e-12)  # rounded probabilities miss 1 a little
    shares = np.clip(scores / total, 0.0, 1.0)
    chosen, best = shares.argmax(axis=1), shares.max(axis=1)
    right, place = chosen == labels, np.minimum((best * _BINS).astype(int), _BINS - 1)
    bins = tuple(
        ReliabilityBin(
            score=float(best[here].mean()), right=float(right[here].mean()), samples=int(here.sum())
        )
        for here in (place == number for number in range(_BINS))
        if here.any()
    )
    hot = np.eye(scores.shape[1])[labels]
    return ModelCalibration(
        error=sum(item.samples * abs(item.right - item.score) for item in bins) / len(labels),
        brier=float(((shares - hot) ** 2).sum(axis=1).mean()),
        log_loss=float(metrics().log_loss(labels, shares, labels=np.arange(scores.shape[1]))),
        bins=bins,
    )


def reliability_chart(facts: Facts) -> str:
    """Share of right answers against the score; a bin is as large as it has samples; "" if there is none."""
    by_model = facts.part(CalibrationFacts).calibration
    series: list[Series] = []
    for model, name in MODEL_NAMES.items():
        if model in by_model:
            bins = by_model[model].bins
            points = [(item.score, item.right) for item in bins]
            tips = [f"{name}: score {b.score:.3f}, right {b.right:.3f}, {b.samples} samples" for b in bins]
            series.append(Series(name, f"m-{model}", points))
            series.append(Series(name, f"m-{model}", points, cloud=True, radius=4.5, tips=tips))
    axes = Axis("mean score of the chosen class", 0.0, 1.0), Axis("share that is right", 0.0, 1.0)
    return xy_chart(series, *axes, "Reliability", diagonal=True)


def _digest(facts: CalibrationFacts) -> str:
    """The expected calibration error of the exact graph."""
    fixed = facts.calibration.get("fixed")
    return "" if fixed is None else f"expected calibration error {fixed.error:.3f}"


SECTION = Section(
    title="Calibration",
    place=62,
    facts=CalibrationFacts,
    collect=collect,
    digest=lambda facts: _digest(facts.part(CalibrationFacts)),
    charts=(reliability_chart,),
    applies=about_classes("calibration"),
)
