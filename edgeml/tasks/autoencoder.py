"""Autoencoder: the outputs are to be the sample itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.tasks._base import Floats, Task, TaskEvidence, TaskFigure, Truth, explained, finite, metrics


class Autoencoder(Task):
    """The error of the reconstruction, over all samples and of the worst one."""

    title = "the sample itself"
    truth = Truth.INPUT
    rank = 20
    loss = "mean_squared_error"
    yes_no = False
    measure = "variance of the samples that is reconstructed"

    def claim(self, evidence: TaskEvidence) -> str:
        if evidence.outputs != evidence.inputs or evidence.outputs < 2 or evidence.several:
            return ""
        numbers = evidence.numbers
        targets = numbers is not None and numbers.shape[1] == evidence.outputs
        if targets or evidence.kinds == evidence.outputs:
            return ""
        return f"the model gives {evidence.outputs} numbers, as many as it takes"

    def misfit(self, evidence: TaskEvidence) -> str:
        if evidence.outputs == evidence.inputs:
            return ""
        return f"the model gives {evidence.outputs} numbers and takes {evidence.inputs}"

    def figures(self, predictions: Floats, truth: NDArray[Any], threshold: float) -> tuple[TaskFigure, ...]:
        del threshold
        if predictions.shape != truth.shape:
            raise EdgemlError(f"{predictions.shape} predictions for samples {truth.shape}", "autoencoder")
        sklearn = metrics()
        worst = float(np.mean((predictions - truth) ** 2, axis=1).max(initial=0.0))
        return (
            *finite("mse", "mean squared error of the reconstruction", _mse(sklearn, truth, predictions)),
            *finite("rmse", "its root", float(np.sqrt(_mse(sklearn, truth, predictions)))),
            *finite("mae", "mean absolute error", sklearn.mean_absolute_error(truth, predictions)),
            *finite("worst_mse", "mean squared error of the worst sample", worst),
        )

    def percent(self, predictions: Floats, truth: NDArray[Any], threshold: float) -> float:
        del threshold
        return explained(predictions, truth)


def _mse(sklearn: Any, truth: NDArray[Any], predictions: Floats) -> float:
    return float(sklearn.mean_squared_error(truth, predictions))


TASK = Autoencoder()
