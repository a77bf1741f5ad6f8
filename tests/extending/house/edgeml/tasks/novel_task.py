"""Counts: a whole number per sample and output, 0 or more, held against the model's numbers relatively."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.tasks._base import Floats, Task, TaskEvidence, TaskFigure, Truth, explained, finite


class Counts(Task):
    """The mean error in shares of the count."""

    title = "counts per sample"
    truth = Truth.NUMBERS
    rank = 35
    loss = "poisson"
    yes_no = False
    measure = "explained variance of the counts"

    def claim(self, evidence: TaskEvidence) -> str:
        return "" if self.misfit(evidence) else "the labels are whole numbers, 0 or more"

    def misfit(self, evidence: TaskEvidence) -> str:
        numbers = evidence.numbers
        if numbers is None or evidence.classes or np.any(numbers < 0) or np.any(numbers % 1):
            return "the labels are no counts"
        if numbers.shape[1] != evidence.outputs:
            return f"{numbers.shape[1]} labels per sample, and the model gives {evidence.outputs} numbers"
        return ""

    def figures(self, predictions: Floats, truth: NDArray[Any], threshold: float) -> tuple[TaskFigure, ...]:
        del threshold
        if predictions.shape != truth.shape:
            raise EdgemlError(f"{predictions.shape} predictions for counts {truth.shape}", "counts")
        error = float(np.mean(np.abs(predictions - truth) / (1 + truth)))
        return finite("relative_error", "mean error in shares of the count", error)

    def percent(self, predictions: Floats, truth: NDArray[Any], threshold: float) -> float:
        del threshold
        return explained(predictions, truth)


TASK = Counts()
