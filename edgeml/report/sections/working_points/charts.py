"""ROC and precision against recall."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.report.scores import MODEL_NAMES
from edgeml.report.sections.working_points.facts import ScoreFacts
from edgeml.report.svg import COLOURS
from edgeml.report.xy import Axis, Series, xy_chart

if TYPE_CHECKING:
    from edgeml.report.facts import Facts

_LEAST = 1e-3
_FALSE = Axis("false positive rate", _LEAST, 1.0, logarithmic=True, percent=True)


def roc_chart(facts: Facts) -> str:
    """The ROC of each model, over all classes or of the signal; "" if there is none."""
    return xy_chart(_models(facts, "roc"), _FALSE, _true(facts), "ROC of the models")


def class_roc_chart(facts: Facts) -> str:
    """The exact graph's ROC of each class against the rest; "" for two classes."""
    own = facts.part(ScoreFacts)
    if not any(curve.of == "macro" for curve in own.score_curves):
        return ""
    curves = [curve for curve in own.score_curves if curve.kind == "roc" and curve.of != "macro"]
    series = [Series(curve.of, f"k{place % COLOURS}", curve.points) for place, curve in enumerate(curves)]
    title = "ROC of each label" if own.score_labels else "ROC of each class against the rest"
    return xy_chart(series, _FALSE, _true(facts), f"{title}, fixed-point")


def precision_chart(facts: Facts) -> str:
    """Precision against recall of each model; "" if there is none."""
    series = _models(facts, "pr")
    low = min((y for item in series for _, y in item.points), default=0.0)
    up = Axis("precision", max(0.0, low - 0.02), 1.0, percent=True)
    return xy_chart(series, Axis("recall", 0.0, 1.0, percent=True), up, "Precision against recall")


def _true(facts: Facts) -> Axis:
    """The vertical axis of all ROC charts: from where the curves are at the least false positive rate."""
    curves = [curve for curve in facts.part(ScoreFacts).score_curves if curve.kind == "roc"]
    low = min((y for curve in curves for x, y in curve.points if x >= _LEAST), default=0.0)
    return Axis("true positive rate", max(0.0, low - 0.02), 1.0, percent=True)


def _models(facts: Facts, kind: str) -> list[Series]:
    """Curves of the models that stand for all classes: macro, or those of the single signal."""
    own = facts.part(ScoreFacts)
    of = "macro" if any(curve.of == "macro" for curve in own.score_curves) else None
    return [
        Series(MODEL_NAMES[curve.model], f"m-{curve.model}", curve.points)
        for curve in own.score_curves
        if curve.kind == kind and (of is None or curve.of == of)
    ]
