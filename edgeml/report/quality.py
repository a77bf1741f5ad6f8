"""How well a classifier does, from labels and predictions: accuracy, agreement, classes, confusion.

Invariant: a share has its 95 % interval, and what is 0/0 (the precision of a class never predicted) is absent
with its reason.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml import install
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.report.facts import Accuracy, Agreement, ClassFacts, Confusion
from edgeml.report.numbers import Number, absent, measured

_Z = 1.959963984540054
"""97.5 % quantile of the normal distribution: a two-sided 95 % interval."""

Labels = NDArray[np.int64]

NO_LABELS = "the data have no labels"


def predictions(values: Any, threshold: float = 0.0) -> Labels:
    """The class of each sample.

    Args:
        values: outputs (samples, classes), the largest wins and the first of equals; (samples, 1) or
            (samples,) of floats for two classes, class 1 above the threshold; integers of shape (samples,)
            are classes already (the output of an ArgMax).
        threshold: 0 for logits, 0.5 for probabilities.

    >>> predictions(np.array([[0.1, 2.0], [3.0, 3.0]])), predictions(np.array([[-1.0], [0.5]]))
    (array([1, 0]), array([0, 1]))
    """
    array = np.asarray(values)
    if array.ndim == 1 and array.dtype.kind in "iu":
        return array.astype(np.int64)
    flat = array.reshape(len(array), -1)
    if flat.shape[1] == 1:
        return (flat[:, 0] > threshold).astype(np.int64)
    return np.argmax(flat, axis=1).astype(np.int64)


def share(hits: int, total: int) -> Number:
    """hits / total with the 95 % Wilson score interval (Wilson 1927; Brown, Cai and DasGupta 2001).

    >>> share(98, 100).value
    0.98
    """
    if total == 0:
        return absent("no samples")
    p, z2 = hits / total, _Z * _Z
    center = (p + z2 / (2 * total)) / (1 + z2 / total)
    half = _Z / (1 + z2 / total) * math.sqrt(p * (1 - p) / total + z2 / (4 * total * total))
    # The ends are 0 and 1 exactly where no sample (or every one) hit; rounding would miss that.
    return measured(p, 0.0 if hits == 0 else center - half, 1.0 if hits == total else center + half)


def agreement(left: Labels | None, right: Labels | None, reason: str = "") -> Number:
    """The share of samples on which two predictions are equal, absent with `reason` if one is None."""
    if left is None or right is None:
        return absent(reason or "no predictions")
    _same_length(left, right)
    return share(int(np.count_nonzero(left == right)), len(left))


def accuracies(
    labels: Labels | None, predicted: dict[str, Labels | None], reasons: dict[str, str]
) -> Accuracy:
    """Accuracy by model.

    Args:
        labels: of the test samples; None if the data have none.
        predicted: classes by "float", "qat", "fixed", "int8"; None or left out if there are none.
        reasons: why there are none.
    """
    return Accuracy.model_validate(
        {
            name: agreement(predicted.get(name), labels, reasons.get(name, "") or NO_LABELS)
            for name in ("float", "qat", "fixed", "int8")
        }
    )


def agreements(predicted: dict[str, Labels | None], reasons: dict[str, str]) -> Agreement:
    """How often the exact graph agrees with the QAT model and with the float baseline."""
    fixed = predicted.get("fixed")
    return Agreement(
        fixed_qat=agreement(fixed, predicted.get("qat"), reasons.get("qat", "")),
        fixed_float=agreement(fixed, predicted.get("float"), reasons.get("float", "")),
    )


def per_class(labels: Labels | None, predicted: Labels, classes: tuple[str, ...]) -> tuple[ClassFacts, ...]:
    """Precision, recall, F1 and support of every class; none without labels.

    Raises:
        MissingToolError: scikit-learn is not installed.
        EdgemlError: a label or prediction names no class.
    """
    if labels is None:
        return ()
    _known(labels, predicted, classes)
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


def confusion(labels: Labels | None, predicted: Labels, classes: tuple[str, ...]) -> Confusion | None:
    """The confusion matrix, true classes down and predicted ones across; None without labels.

    Raises:
        MissingToolError: scikit-learn is not installed.
        EdgemlError: a label or prediction names no class.
    """
    if labels is None:
        return None
    _known(labels, predicted, classes)
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


def _same_length(left: Labels, right: Labels) -> None:
    if left.shape != right.shape:
        raise EdgemlError(f"{left.shape} predictions against {right.shape}", "report")


def _known(labels: Labels, predicted: Labels, classes: tuple[str, ...]) -> None:
    _same_length(labels, predicted)
    for what, values in (("label", labels), ("prediction", predicted)):
        if values.size and not 0 <= int(values.min()) <= int(values.max()) < len(classes):
            raise EdgemlError(f"a {what} names none of the {len(classes)} classes", "report")
