"""Regression: numbers per sample, all outputs side by side."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.tasks._base import Floats, Task, TaskEvidence, TaskFigure, Truth, explained, finite, metrics


class Regression(Task):
    """Mean squared error, its root, mean absolute error and R2."""

    title = "numbers per sample"
    truth = Truth.NUMBERS
    rank = 40
    loss = "mean_squared_error"
    yes_no = False
    measure = "R2"

    def claim(self, evidence: TaskEvidence) -> str:
        numbers = evidence.numbers
        if numbers is None or evidence.classes or numbers.shape[1] != evidence.outputs:
            return ""
        count = numbers.shape[1]
        return f"{count} number{'s' if count > 1 else ''} per sample as labels, and as many from the model"

    def misfit(self, evidence: TaskEvidence) -> str:
        numbers = evidence.numbers
        if numbers is None:
            return "the data have no labels that are numbers"
        if numbers.shape[1] != evidence.outputs:
            return f"{numbers.shape[1]} labels per sample, and the model gives {evidence.outputs} numbers"
        return ""

    def figures(self, predictions: Floats, truth: NDArray[Any], threshold: float) -> tuple[TaskFigure, ...]:
        del threshold
        if predictions.shape != truth.shape:
            raise EdgemlError(f"{predictions.shape} predictions for targets {truth.shape}", "regression")
        sklearn = metrics()
        r2 = sklearn.r2_score(truth, predictions) if len(truth) > 1 else float("nan")
        return (
            *finite("mse", "mean squared error", sklearn.mean_squared_error(truth, predictions)),
            *finite(
                "rmse",
                "root of the mean squared error",
                sklearn.root_mean_squared_error(truth, predictions),
            ),
            *finite("mae", "mean absolute error", sklearn.mean_absolute_error(truth, predictions)),
            *finite("r2", "R2, mean over targets", r2, better="higher"),
        )

    def percent(self, predictions: Floats, truth: NDArray[Any], threshold: float) -> float:
        del threshold
        return explained(predictions, truth)


TASK = Regression()
