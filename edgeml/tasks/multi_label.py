"""Multi-label: yes or no for each of several labels, all outputs side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.tasks._base import Floats, Task, TaskEvidence, TaskFigure, Truth, finite, metrics

_EACH = 32
"""Up to so many labels have figures of their own."""


class MultiLabel(Task):
    """Accuracy and F1, over all labels and by label."""

    title = "yes or no for each of several labels"
    truth = Truth.NUMBERS
    rank = 10
    loss = "binary_crossentropy"
    yes_no = True
    measure = "accuracy over all labels"

    def claim(self, evidence: TaskEvidence) -> str:
        numbers = evidence.numbers
        if numbers is None or numbers.shape[1] < 2 or not evidence.binary or evidence.one_hot:
            return ""
        if numbers.shape[1] != evidence.outputs:
            return ""
        return "the labels are rows of 0 and 1, not one-hot"

    def misfit(self, evidence: TaskEvidence) -> str:
        numbers = evidence.numbers
        if numbers is None or not evidence.binary:
            return "the data have no labels of 0 and 1"
        if numbers.shape[1] != evidence.outputs:
            return f"{numbers.shape[1]} labels per sample, and the model gives {evidence.outputs} numbers"
        return ""

    def figures(self, predictions: Floats, truth: NDArray[Any], threshold: float) -> tuple[TaskFigure, ...]:
        if predictions.shape != truth.shape:
            raise EdgemlError(f"{predictions.shape} predictions for labels {truth.shape}", "multi-label")
        sklearn = metrics()
        yes, labels = (predictions > threshold).astype(np.int64), np.asarray(truth).astype(np.int64)
        share = {"kind": "share", "better": "higher"}

        def f1(average: str | None) -> Any:
            if labels.shape[1] == 1:
                return sklearn.f1_score(labels[:, 0], yes[:, 0], zero_division=0)
            return sklearn.f1_score(labels, yes, average=average, zero_division=0)

        figures = [
            *finite("accuracy", "accuracy, the mean over labels", float(np.mean(yes == labels)), **share),
            *finite(
                "all_right",
                "samples with every label right",
                float(np.mean(np.all(yes == labels, axis=1))),
                **share,
            ),
            *finite("f1_macro", "F1, the mean over labels", f1("macro"), **share),
            *finite("f1_micro", "F1 over all labels together", f1("micro"), **share),
        ]
        each = np.atleast_1d(f1(None))
        for place in range(min(labels.shape[1], _EACH)):
            right = float(np.mean(yes[:, place] == labels[:, place]))
            figures += finite(f"accuracy_{place}", f"accuracy, label {place}", right, **share)
            figures += finite(f"f1_{place}", f"F1, label {place}", each[place], **share)
        return tuple(figures)

    def percent(self, predictions: Floats, truth: NDArray[Any], threshold: float) -> float:
        return 100 * float(np.mean((predictions > threshold) == (np.asarray(truth) > 0)))


TASK = MultiLabel()
