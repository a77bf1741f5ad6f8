"""Areas, curves and working points of the scores, by scikit-learn.

Invariant: a working point is the largest threshold at which at least the wanted share of the signal passes,
and its counts are those of the test samples, not of an interpolated curve.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.report.scores import ClassScores, Floats, signal_scores
from edgeml.report.sections.working_points.facts import ScoreArea, ScoreCurve, ScoreFacts, WorkingPoint
from edgeml.report.source import RunSource
from edgeml.tasks import metrics

MOST_CLASSES = 12
"""So many classes have curves and working points of their own; areas are of all."""

EFFICIENCIES = (0.5, 0.8, 0.9, 0.95, 0.99)
_OF_SEVERAL = (0.5, 0.9)
_RATES = np.concatenate([[0.0], np.logspace(-4, 0, 49)])
_RECALLS = np.linspace(0.0, 1.0, 51)

Yes = NDArray[np.bool_]


def collect(source: RunSource) -> ScoreFacts:
    """The scores on all test samples.

    Raises:
        EdgemlError: the test samples do not fit the exact graph.
        MissingToolError: scikit-learn is not installed.
    """
    return facts_of(signal_scores(source))


def facts_of(scores: ClassScores) -> ScoreFacts:
    """Areas, curves and working points; of two classes, the second is the signal, of labels each is.

    Raises:
        MissingToolError: scikit-learn is not installed.
    """
    if scores.reason:
        return ScoreFacts.unavailable(scores.reason)
    one = len(scores.classes) == 2 and scores.several is None
    signals = range(1, 2) if one else range(len(scores.classes))
    present = [k for k in signals if len(np.unique(scores.truth(k))) == 2]
    if not present:
        return ScoreFacts.unavailable("the test samples are of one class")
    drawn = present[:MOST_CLASSES]
    areas = [_area(scores, scores.classes[k], [k]) for k in present]
    curves = [
        ScoreCurve(kind="roc", model="fixed", of=scores.classes[k], points=_roc(scores, "fixed", k))
        for k in drawn
    ]
    if len(present) > 1:
        areas += [_mean(areas), _area(scores, "micro", present)]
        of = "macro"
    else:
        of, curves = scores.classes[present[0]], []
    for model in scores.by_model:
        ways = np.mean([_true_rates(scores, model, k) for k in present], axis=0)
        precise = np.mean([_precisions(scores, model, k) for k in present], axis=0)
        curves.append(ScoreCurve(kind="roc", model=model, of=of, points=_points(_RATES, ways)))
        curves.append(ScoreCurve(kind="pr", model=model, of=of, points=_points(_RECALLS, precise)))
    target = EFFICIENCIES if len(present) == 1 else _OF_SEVERAL
    rows = tuple(
        _working_point(scores, k, share, model)
        for k in drawn
        for share in target
        for model in scores.by_model
    )
    return ScoreFacts(
        score_areas=tuple(areas),
        score_curves=tuple(curves),
        working_points=rows,
        score_labels=scores.several is not None,
    )


def _one_against_rest(scores: ClassScores, model: str, k: int) -> tuple[Yes, Floats]:
    return scores.truth(k), scores.by_model[model][:, k]


def _area(scores: ClassScores, of: str, signals: list[int]) -> ScoreArea:
    """Areas of one class against the rest, or of several as one."""
    result: dict[str, dict[str, float]] = {"roc": {}, "precision": {}}
    for model in scores.by_model:
        parts = [_one_against_rest(scores, model, k) for k in signals]
        yes, values = (np.concatenate(side) for side in zip(*parts, strict=True))
        result["roc"][model] = float(metrics().roc_auc_score(yes, values))
        result["precision"][model] = float(metrics().average_precision_score(yes, values))
    return ScoreArea(of=of, roc=result["roc"], precision=result["precision"])


def _mean(areas: list[ScoreArea]) -> ScoreArea:
    def mean(side: str) -> dict[str, float]:
        rows = [getattr(area, side) for area in areas]
        return {model: float(np.mean([row[model] for row in rows])) for model in rows[0]}

    return ScoreArea(of="macro", roc=mean("roc"), precision=mean("precision"))


def _true_rates(scores: ClassScores, model: str, k: int) -> Floats:
    """True positive rates at `_RATES`."""
    false, true, _ = metrics().roc_curve(*_one_against_rest(scores, model, k))
    return np.interp(_RATES, false, true)


def _precisions(scores: ClassScores, model: str, k: int) -> Floats:
    """Precisions at `_RECALLS`."""
    precision, recall, _ = metrics().precision_recall_curve(*_one_against_rest(scores, model, k))
    return np.interp(_RECALLS, recall[::-1], precision[::-1])


def _roc(scores: ClassScores, model: str, k: int) -> tuple[tuple[float, float], ...]:
    return _points(_RATES, _true_rates(scores, model, k))


def _points(x: Any, y: Any) -> tuple[tuple[float, float], ...]:
    return tuple((round(float(a), 6), round(float(b), 6)) for a, b in zip(x, y, strict=True))


def _working_point(scores: ClassScores, k: int, target: float, model: str) -> WorkingPoint:
    yes, values = _one_against_rest(scores, model, k)
    signal = np.sort(values[yes])[::-1]
    threshold = float(signal[int(np.ceil(target * len(signal) - 1e-9)) - 1])
    passes = values >= threshold
    hits, passing = int(np.count_nonzero(passes & yes)), int(np.count_nonzero(passes & ~yes))
    raw = None
    if model == "fixed" and scores.raw is not None:
        raw = float(scores.raw[passes].min())
    return WorkingPoint(
        signal=scores.classes[k],
        target=target,
        model=model,
        efficiency=hits / len(signal),
        passing=passing,
        background=int(np.count_nonzero(~yes)),
        precision=hits / (hits + passing),
        threshold=threshold,
        raw=raw,
    )
