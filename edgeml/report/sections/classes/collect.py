"""Precision, recall and confusion of the classes, under the exact graph's predictions.

Invariant: what is 0/0 (the precision of a class never predicted) is absent with its reason.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from edgeml import install
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.report.numbers import Number, absent, measured
from edgeml.report.predictions import predict
from edgeml.report.quality import NO_LABELS, Labels, same_length
from edgeml.report.sections.classes.facts import ClassesFacts, ClassFacts, Confusion
from edgeml.report.source import RunSource


def collect(source: RunSource) -> ClassesFacts:
    """The classes on all test samples.

    Raises:
        MissingToolError: scikit-learn is not installed.
        EdgemlError: a label or prediction names no class.
    """
    fixed = source.shared(predict).classes["fixed"]
    labels, classes = source.labels, source.data.class_names
    if labels is None or fixed is None:
        return ClassesFacts.unavailable(source.no_classes or NO_LABELS)
    return ClassesFacts(
        per_class=per_class(labels, fixed, classes), confusion=confusion(labels, fixed, classes)
    )


def per_class(labels: Labels, predicted: Labels, classes: tuple[str, ...]) -> tuple[ClassFacts, ...]:
    """Precision, recall, F1 and support of every class.

    Raises:
        MissingToolError: scikit-learn is not installed.
        EdgemlError: a label or prediction names no class.
    """
    _refuse_unknown(labels, predicted, classes)
    metrics = _metrics()
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        labels, predicted, labels=list(range(len(classes))), zero_division=np.nan
    )

    def number(value: float, reason: str) -> Number:
        return measured(float(value)) if math.isfinite(value) else absent(reason)

    return tuple(
        ClassFacts(
            name=name,
            precision=number(precision[i], "never predicted"),
            recall=number(recall[i], "no test samples"),
            f1=number(f1[i], "neither in the test samples nor predicted"),
            support=int(support[i]),
        )
        for i, name in enumerate(classes)
    )


def confusion(labels: Labels, predicted: Labels, classes: tuple[str, ...]) -> Confusion:
    """The confusion matrix, true classes down and predicted ones across.

    Raises:
        MissingToolError: scikit-learn is not installed.
        EdgemlError: a label or prediction names no class.
    """
    _refuse_unknown(labels, predicted, classes)
    counts = _metrics().confusion_matrix(labels, predicted, labels=list(range(len(classes))))
    return Confusion(classes=classes, counts=tuple(tuple(int(n) for n in row) for row in counts))


def _metrics() -> Any:
    try:
        from sklearn import metrics
    except ImportError as error:
        raise MissingToolError(
            "scikit-learn is not installed", "report", install.command("report")
        ) from error
    return metrics


def _refuse_unknown(labels: Labels, predicted: Labels, classes: tuple[str, ...]) -> None:
    same_length(labels, predicted)
    for what, values in (("label", labels), ("prediction", predicted)):
        if values.size and not 0 <= int(values.min()) <= int(values.max()) < len(classes):
            raise EdgemlError(f"a {what} names none of the {len(classes)} classes", "report")
