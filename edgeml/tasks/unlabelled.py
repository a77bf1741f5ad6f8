"""Unlabelled: nothing to hold outputs against; executors are compared with each other."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from edgeml.tasks._base import Floats, Task, TaskEvidence, TaskFigure, Truth


class Unlabelled(Task):
    """No figures of its own: how far the graph is from its source says `output_difference`."""

    title = "outputs that are compared with those of the model's own framework"
    truth = Truth.NONE
    rank = 90
    loss = ""
    yes_no = False

    def claim(self, evidence: TaskEvidence) -> str:
        return "the data have no labels that fit" if evidence.labels is not None else "there are no labels"

    def misfit(self, evidence: TaskEvidence) -> str:
        del evidence
        return ""

    def figures(self, predictions: Floats, truth: NDArray[Any], threshold: float) -> tuple[TaskFigure, ...]:
        del predictions, truth, threshold
        return ()


TASK = Unlabelled()
