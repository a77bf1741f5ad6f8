"""Unlabelled: nothing to hold outputs against; executors are compared with each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.tasks._base import Floats, Task, TaskEvidence, TaskFigure, Truth, explained, predicted_classes

_MOST_CLASSES = 100
"""More values than this are an image or a series, and no logits."""


class Unlabelled(Task):
    """No figures of its own: how far the graph is from its source says `output_difference`."""

    title = "outputs that are compared with those of the model's own framework"
    truth = Truth.NONE
    rank = 90
    loss = ""
    yes_no = False
    measure = "agreement"

    def claim(self, evidence: TaskEvidence) -> str:
        return "the data have no labels that fit" if evidence.labels is not None else "there are no labels"

    def misfit(self, evidence: TaskEvidence) -> str:
        del evidence
        return ""

    def figures(self, predictions: Floats, truth: NDArray[Any], threshold: float) -> tuple[TaskFigure, ...]:
        del predictions, truth, threshold
        return ()

    def percent(self, predictions: Floats, truth: NDArray[Any], threshold: float) -> float:
        """Samples of the same class; of more values than classes have, the variance that is kept."""
        if predictions.shape[1] > _MOST_CLASSES:
            return explained(predictions, truth)
        ours, theirs = (predicted_classes(values, threshold) for values in (predictions, truth))
        return 100 * float(np.mean(ours == theirs))


TASK = Unlabelled()
