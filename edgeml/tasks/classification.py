"""Classification: one class per sample, the largest of the first output's values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.tasks._base import (
    Floats,
    Task,
    TaskEvidence,
    TaskFigure,
    Truth,
    finite,
    metrics,
    predicted_classes,
)


class Classification(Task):
    """Accuracy, balanced accuracy (the mean recall), precision and F1, and what knowing nothing gives."""

    title = "one class per sample"
    truth = Truth.CLASSES
    rank = 30
    loss = "auto"
    yes_no = True
    measure = "accuracy"

    def claim(self, evidence: TaskEvidence) -> str:
        kinds = evidence.kinds
        fits = kinds <= evidence.first or (kinds == 2 and evidence.first == 1) or evidence.decides
        return f"the labels name {kinds} class{'es' if kinds > 1 else ''}" if kinds and fits else ""

    def misfit(self, evidence: TaskEvidence) -> str:
        if evidence.labels is None and not evidence.classes:
            return "the data have no labels"
        if not evidence.kinds:
            return "the labels are no classes"
        return ""

    def figures(self, predictions: Floats, truth: NDArray[Any], threshold: float) -> tuple[TaskFigure, ...]:
        if len(predictions) != len(truth) or truth.ndim != 1:
            raise EdgemlError(f"{predictions.shape} predictions for labels {truth.shape}", "classification")
        classes = predicted_classes(predictions, threshold)
        sklearn, share = metrics(), {"kind": "share", "better": "higher"}
        present, counts = np.unique(truth, return_counts=True)
        majority = counts.max(initial=0)
        return (
            *finite("accuracy", "accuracy", sklearn.accuracy_score(truth, classes), **share),
            *finite(
                "balanced_accuracy",
                "accuracy, the mean over classes",
                sklearn.recall_score(truth, classes, labels=present, average="macro", zero_division=0),
                **share,
            ),
            *finite(
                "precision",
                "precision, the mean over classes",
                sklearn.precision_score(truth, classes, labels=present, average="macro", zero_division=0),
                **share,
            ),
            *finite(
                "f1",
                "F1, the mean over classes",
                sklearn.f1_score(truth, classes, labels=present, average="macro", zero_division=0),
                **share,
            ),
            *finite(
                "majority",
                "accuracy of always the most frequent class",
                majority / max(1, len(truth)),
                baseline=True,
                **share,
            ),
        )

    def percent(self, predictions: Floats, truth: NDArray[Any], threshold: float) -> float:
        return 100 * float(np.mean(predicted_classes(predictions, threshold) == truth))


TASK = Classification()
